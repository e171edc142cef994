// A whole release with the vendor's SDK, over HTTP and HTTPS, with the newer and
// the older of its signatures.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as models from '@alicloud/esa20240910';
import { admin, call, client, http, https, zip } from './simulator.mjs';

const base64 = (text) => Buffer.from(text).toString('base64');

async function publish(sdk, name, code) {
  const reserved = await sdk.createRoutineWithAssetsCodeVersion(new models.CreateRoutineWithAssetsCodeVersionRequest({
    name, codeDescription: `code of ${code}`, confOptions: { notFoundStrategy: 'SinglePageApplication' },
  }));
  assert.equal(reserved.statusCode, 200);
  assert.equal(reserved.body.status, 'init');
  const { codeVersion, ossPostConfig: post } = reserved.body;
  assert.match(codeVersion, /^\d{19}$/);

  const form = new FormData();
  form.set('OSSAccessKeyId', post.OSSAccessKeyId);
  form.set('Signature', post.signature);
  form.set('policy', post.policy);
  form.set('key', post.key);
  form.set('x-oss-security-token', post.XOssSecurityToken);
  form.set('file', new Blob([zip(code, { 'index.html': '<p>hello</p>' })]), 'code.zip');
  const uploaded = await fetch(post.url, { method: 'POST', body: form });
  assert.equal(uploaded.status, 204, await uploaded.text());

  const seen = [];
  do {
    const info = await call(sdk, 'GetRoutineCodeVersionInfo', { method: 'GET', query: { Name: name, CodeVersion: codeVersion } });
    assert.equal(info.CodeVersion, codeVersion);
    seen.push(info.Status);
  } while (seen.at(-1) === 'init');
  assert.deepEqual(seen, ['init', 'init', 'available']);
  return codeVersion;
}

function deployment(name, env, ...shares) {
  return new models.CreateRoutineCodeDeploymentRequest({
    name, env, strategy: 'percentage',
    codeVersions: shares.map(([codeVersion, percentage]) => new models.CreateRoutineCodeDeploymentRequestCodeVersions({ codeVersion, percentage })),
  });
}

async function served(sdk, name, env) {
  const { body } = await sdk.getRoutine(new models.GetRoutineRequest({ name }));
  return body.envs.find((one) => one.env === env).codeDeploy;
}

const ways = [
  ['HTTP, ACS3-HMAC-SHA256', http, {}, 'sdk-http'],
  ['HTTPS, ACS3-HMAC-SHA256', https, {}, 'sdk-https'],
  ['HTTP, RPC V1', http, { signatureAlgorithm: 'v2' }, 'sdk-rpc'],
];

for (const [way, url, settings, name] of ways) {
  test(`a release: ${way}`, async () => {
    const sdk = client(url, settings);
    assert.equal((await sdk.getErService(new models.GetErServiceRequest({}))).body.status, 'Running');
    assert.equal((await sdk.createRoutine(new models.CreateRoutineRequest({ name, description: 'Grüße & mehr', hasAssets: true }))).body.status, 'OK');

    const list = await sdk.listUserRoutines(new models.ListUserRoutinesRequest({ pageNumber: 1, pageSize: 20, searchKeyWord: name }));
    assert.deepEqual(list.body.routines.map((one) => one.routineName), [name]);
    assert.equal(list.body.totalCount, 1);

    const { body: fresh } = await sdk.getRoutine(new models.GetRoutineRequest({ name }));
    assert.equal(fresh.description, base64('Grüße & mehr'));
    assert.deepEqual(fresh.envs.map((one) => [one.env, one.codeDeploy]), [['staging', undefined], ['production', undefined]]);

    const stable = await publish(sdk, name, 'export default "stable"');
    const made = await sdk.createRoutineCodeDeployment(deployment(name, 'staging', [stable, 100]));
    assert.deepEqual(made.body.codeVersions.map((one) => [one.codeVersion, one.percentage]), [[stable, 100]]);
    assert.equal((await served(sdk, name, 'staging')).deployId, made.body.deploymentId);
    await sdk.createRoutineCodeDeployment(deployment(name, 'production', [stable, 100]));

    const canary = await publish(sdk, name, 'export default "canary"');
    const split = await sdk.createRoutineCodeDeployment(deployment(name, 'production', [stable, 90], [canary, 10]));
    const live = await served(sdk, name, 'production');
    assert.equal(live.deployId, split.body.deploymentId);
    assert.equal(live.strategy, 'percentage');
    assert.deepEqual(live.codeVersions.map((one) => [one.codeVersion, one.percentage]), [[stable, 90], [canary, 10]]);
    assert.equal((await served(sdk, name, 'staging')).deployId, made.body.deploymentId, 'staging is not touched');

    const { body: versions } = await sdk.listRoutineCodeVersions(new models.ListRoutineCodeVersionsRequest({ name, pageNumber: 1, pageSize: 20 }));
    assert.deepEqual(versions.codeVersions.map((one) => one.codeVersion), [canary, stable]);
    assert.equal(versions.codeVersions[0].confOptions.notFoundStrategy, 'SinglePageApplication');
    const { body: code } = await sdk.getRoutineCodeVersion(new models.GetRoutineCodeVersionRequest({ name, codeVersion: canary }));
    assert.equal(code.routineCode, base64('export default "canary"'));

    await assert.rejects(sdk.deleteRoutineCodeVersion(new models.DeleteRoutineCodeVersionRequest({ name, codeVersion: stable })), { code: 'DependedByOthers' });
    for (const env of ['staging', 'production']) {
      await sdk.publishRoutineCodeVersion(new models.PublishRoutineCodeVersionRequest({ name, env, codeVersion: canary }));
      assert.deepEqual((await served(sdk, name, env)).codeVersions.map((one) => [one.codeVersion, one.percentage]), [[canary, 100]]);
    }
    assert.equal((await sdk.deleteRoutineCodeVersion(new models.DeleteRoutineCodeVersionRequest({ name, codeVersion: stable }))).body.status, 'OK');

    await sdk.updateRoutineConfigDescription(new models.UpdateRoutineConfigDescriptionRequest({ name, description: 'after' }));
    assert.equal((await sdk.getRoutine(new models.GetRoutineRequest({ name }))).body.description, base64('after'));
    assert.equal((await sdk.getRoutineStagingEnvIp()).body.IPV4.length, 1);

    const all = await admin(url, `deployments?routine=${name}`);
    assert.equal(all.length, 5);
    assert.ok(all.every((one) => one.by_api));
    assert.equal((await sdk.deleteRoutine(new models.DeleteRoutineRequest({ name }))).body.status, 'OK');
    await assert.rejects(sdk.getRoutine(new models.GetRoutineRequest({ name })), { code: 'RoutineNotExist' });
  });
}

test('mistakes come back as the SDK\'s own errors', async (t) => {
  const name = 'sdk-mistakes';
  const sdk = client(http);
  await sdk.createRoutine(new models.CreateRoutineRequest({ name }));
  const stable = await publish(sdk, name, 'export default 1');
  const { body: { codeVersion: building } } = await sdk.createRoutineWithAssetsCodeVersion(new models.CreateRoutineWithAssetsCodeVersionRequest({ name }));
  const split = (...shares) => () => sdk.createRoutineCodeDeployment(deployment(name, 'production', ...shares));
  const read = (settings) => () => client(http, settings).getRoutine(new models.GetRoutineRequest({ name }));

  const mistakes = {
    'unknown key': [read({ accessKeyId: 'nobody' }), 404, 'InvalidAccessKeyId.NotFound'],
    'wrong secret': [read({ accessKeySecret: 'wrong' }), 400, 'SignatureDoesNotMatch'],
    'wrong secret, RPC V1': [read({ accessKeySecret: 'wrong', signatureAlgorithm: 'v2' }), 400, 'SignatureDoesNotMatch'],
    'unknown routine': [() => sdk.getRoutine(new models.GetRoutineRequest({ name: 'nothing' })), 400, 'RoutineNotExist'],
    'deploying an unknown routine': [() => sdk.createRoutineCodeDeployment(deployment('nothing', 'production', [stable, 100])), 400, 'RoutineNotExist'],
    'name taken': [() => sdk.createRoutine(new models.CreateRoutineRequest({ name })), 400, 'RoutineNameAlreadyExist'],
    'sum below 100': [split([stable, 90]), 400, 'InvalidParameter'],
    'sum above 100': [split([stable, 90], [building, 20]), 400, 'InvalidParameter'],
    'zero percent': [split([stable, 100], [building, 0]), 400, 'InvalidParameter'],
    'three versions': [split([stable, 50], [building, 30], ['7', 20]), 400, 'InvalidParameter'],
    'one version twice': [split([stable, 50], [stable, 50]), 400, 'InvalidParameter'],
    'unknown version': [split(['1723599747213377300', 100]), 400, 'ParameterNotExist'],
    'unbuilt version': [split([building, 100]), 400, 'InvalidParameter'],
    'unknown environment': [() => sdk.createRoutineCodeDeployment(deployment(name, 'prod', [stable, 100])), 400, 'InvalidParameter'],
    'unknown operation': [() => call(sdk, 'GetEverything', { method: 'GET', query: {} }), 404, 'InvalidAction.NotFound'],
  };
  for (const [mistake, [make, status, code]] of Object.entries(mistakes)) {
    await t.test(mistake, async () => {
      const error = await make().then(() => assert.fail('no error'), (reason) => reason);
      assert.equal(error.code, code, error.message);
      assert.equal(error.statusCode ?? error.data?.statusCode, status);
      assert.match(error.message, /[0-9A-F]{8}-[0-9A-F]{4}-/, 'the message names the request id');
    });
  }
  assert.equal((await admin(http, `deployments?routine=${name}`)).length, 0);
});

test('requests that must look right and do', async () => {
  const { calls } = await admin(http, 'calls');
  const deployed = calls.find((one) => one.operation === 'CreateRoutineCodeDeployment');
  assert.equal(deployed.http_method, 'POST');
  assert.equal(deployed.content_type, 'application/x-www-form-urlencoded');
  assert.equal(typeof JSON.parse(deployed.form.CodeVersions[0])[0].CodeVersion, 'string');
});
