// A release with the request code of the vendor's command line, esa-cli, which
// calls in ways of its own: reads are GETs, a deployment is a POST with
// everything in the query and no body, a version is reserved with a JSON body.
// It speaks HTTPS only.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiService } from 'esa-cli/dist/libs/apiService.js';
import { admin, https, key, zip } from './simulator.mjs';

const endpoint = new URL(https).host;
const cli = (auth = key) => new ApiService({ auth, endpoint });
const name = 'cli-hello';

async function build(service, version) {
  for (;;) {
    const { data } = await service.getRoutineCodeVersionInfo({ Name: name, CodeVersion: version });
    if (data.Status.toLowerCase() !== 'init') return data.Status;
  }
}

test('esa-cli: a release', async () => {
  const service = cli();
  assert.deepEqual(await service.checkLogin(), { success: true });
  assert.equal((await service.createRoutine({ name, description: 'from the command line', hasAssets: true })).data.Status, 'OK');
  const { body: list } = await service.listUserRoutines({ PageNumber: 1, PageSize: 20 });
  assert.ok(list.Routines.some((one) => one.RoutineName === name));

  const { data: reserved } = await service.CreateRoutineWithAssetsCodeVersion({
    Name: name, CodeDescription: 'first', ExtraInfo: '{"Source":"CLI"}', ConfOptions: { NotFoundStrategy: '404Page' },
  });
  assert.ok(await service.uploadToOss(reserved.OssPostConfig, zip('export default {}', { 'a/b.css': 'p {}' })));
  assert.equal(await build(service, reserved.CodeVersion), 'available');
  for (const Env of ['staging', 'production']) {
    const { data } = await service.createRoutineCodeDeployment({
      Name: name, Env, Strategy: 'percentage', CodeVersions: [{ Percentage: 100, CodeVersion: reserved.CodeVersion }],
    });
    assert.deepEqual(data.CodeVersions, [{ Percentage: 100, CodeVersion: reserved.CodeVersion }]);
    const { data: routine } = await service.getRoutine({ Name: name });
    assert.equal(routine.Envs.find((one) => one.Env === Env).CodeDeploy.DeployId, data.DeploymentId);
  }

  // The older way: one staging slot, committed, published to all of production.
  assert.equal(await service.quickDeployRoutine({ name, description: 'quick', code: 'export default 2' }), true);
  const { data: routine } = await service.getRoutine({ Name: name });
  const [live] = routine.Envs.find((one) => one.Env === 'production').CodeDeploy.CodeVersions;
  assert.notEqual(live.CodeVersion, reserved.CodeVersion);
  assert.equal(live.Percentage, 100);

  assert.equal((await service.getRoutineStagingEnvIp()).data.IPV4.length, 1);
  assert.equal((await service.deleteRoutine({ Name: name })).Status, 'OK');

  const { calls } = await admin(https, 'calls');
  const seen = (operation) => {
    const one = calls.find((made) => made.operation === operation && made.routine === name);
    return [one.http_method, one.content_type ?? '', Object.keys(one.query ?? {}).length > 0, one.status];
  };
  assert.deepEqual(seen('GetRoutine'), ['GET', '', true, 200]);
  assert.deepEqual(seen('CreateRoutine'), ['GET', '', true, 200]);
  assert.deepEqual(seen('CreateRoutineCodeDeployment'), ['POST', '', true, 200]);
  assert.deepEqual(seen('CreateRoutineWithAssetsCodeVersion'), ['POST', 'application/json; charset=utf-8', false, 200]);
  const [upload] = await admin(https, 'uploads').then((all) => all.filter((one) => one.code_version === reserved.CodeVersion));
  assert.equal(upload.problem, undefined);
});

test('esa-cli: wrong keys are no login', async () => {
  assert.equal((await cli({ ...key, accessKeySecret: 'wrong' }).checkLogin()).success, false);
  assert.equal((await cli({ ...key, accessKeyId: 'nobody' }).checkLogin()).success, false);
  const { calls } = await admin(https, 'calls');
  // The tests of the SDK use the same simulator, at the same time; their calls of this operation all succeed.
  const codes = calls.filter((one) => one.operation === 'GetErService' && one.code).map((one) => one.code);
  assert.deepEqual(codes, ['SignatureDoesNotMatch', 'InvalidAccessKeyId.NotFound']);
});
