// Sites, routes and related records with the vendor's SDK, over HTTP and HTTPS,
// with the newer and the older of its signatures. That version of the SDK has
// neither DeployEnv nor the operations on environment variables: its generic
// call makes those, with the parameters where the schema has them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as models from '@alicloud/esa20240910';
import { call, client, http, https } from './simulator.mjs';

const ways = [
  ['HTTP, ACS3-HMAC-SHA256', http, {}, 'around-http', 554889455535697],
  ['HTTPS, ACS3-HMAC-SHA256', https, {}, 'around-https', 554889455535699],
  ['HTTP, RPC V1', http, { signatureAlgorithm: 'v2' }, 'around-rpc', 554889455535701],
];

// site adds a site, which no operation of the API does here.
async function site(url, id, name) {
  const answer = await fetch(`${url}/-/seed`, { method: 'POST', body: JSON.stringify({ routines: [], sites: [{ id: String(id), name, tags: { team: 'edge' } }] }) });
  assert.equal(answer.status, 200, await answer.text());
}

for (const [way, url, settings, name, siteId] of ways) {
  test(`a site, its routes and its records: ${way}`, async () => {
    const sdk = client(url, settings);
    await site(url, siteId, `${name}.example.com`);
    await sdk.createRoutine(new models.CreateRoutineRequest({ name }));

    const { body: found } = await sdk.listSites(new models.ListSitesRequest({
      siteName: `${name}.example.com`, siteSearchType: 'exact', status: 'active', pageSize: 500, pageNumber: 1,
      tagFilter: [new models.ListSitesRequestTagFilter({ key: 'team', value: 'edge' })],
    }));
    assert.deepEqual(found.sites.map((one) => [one.siteId, one.accessType, one.status]), [[siteId, 'NS', 'active']]);
    assert.equal(found.totalCount, 1);

    const rule = `(http.host eq "www.${name}.example.com" and starts_with(http.request.uri.path, "/"))`;
    const { body: { configId } } = await sdk.createRoutineRoute(new models.CreateRoutineRouteRequest({
      siteId, routineName: name, routeName: 'main', routeEnable: 'on', rule, fallback: 'on', bypass: 'off', sequence: 1,
    }));
    assert.equal(typeof configId, 'number');
    const route = async () => (await sdk.getRoutineRoute(new models.GetRoutineRouteRequest({ siteId, configId }))).body;
    assert.deepEqual(
      (({ routineName, routeName, routeEnable, rule, fallback, bypass, sequence, configType }) => [routineName, routeName, routeEnable, rule, fallback, bypass, sequence, configType])(await route()),
      [name, 'main', 'on', rule, 'on', 'off', 1, 'rule']);
    await sdk.updateRoutineRoute(new models.UpdateRoutineRouteRequest({ siteId, configId, routineName: name, routeName: 'main', routeEnable: 'off', rule }));
    assert.equal((await route()).routeEnable, 'off');
    const { body: routes } = await sdk.listRoutineRoutes(new models.ListRoutineRoutesRequest({ routineName: name, pageNumber: 1, pageSize: 500 }));
    assert.deepEqual(routes.configs.map((one) => [one.configId, one.siteId, one.siteName]), [[configId, siteId, `${name}.example.com`]]);
    assert.deepEqual([routes.totalCount, routes.totalPage], [1, 1]);
    const { body: ofSite } = await sdk.listSiteRoutes(new models.ListSiteRoutesRequest({ siteId }));
    assert.deepEqual(ofSite.configs.map((one) => one.configId), [configId]);

    const recordName = `api.${name}.example.com`;
    const made = await sdk.createRoutineRelatedRecord(new models.CreateRoutineRelatedRecordRequest({ name, siteId, recordName }));
    assert.equal(made.body.status, 'OK');
    const { body: records } = await sdk.listRoutineRelatedRecords(new models.ListRoutineRelatedRecordsRequest({ name, pageNumber: 1, pageSize: 20, searchKeyWord: 'api' }));
    assert.deepEqual(records.relatedRecords.map((one) => [one.recordName, one.siteId]), [[recordName, siteId]]);
    const { recordId } = records.relatedRecords[0];
    assert.equal(made.body.recordId, recordId);

    await assert.rejects(sdk.deleteRoutine(new models.DeleteRoutineRequest({ name })), { code: 'DependedByOthers' });
    assert.equal((await sdk.deleteRoutineRelatedRecord(new models.DeleteRoutineRelatedRecordRequest({ name, siteId, recordId, recordName }))).body.status, 'OK');
    await sdk.deleteRoutineRoute(new models.DeleteRoutineRouteRequest({ siteId, configId }));
    assert.equal((await route()).routineName, undefined);
    await sdk.deleteRoutine(new models.DeleteRoutineRequest({ name }));
  });

  test(`variables, and a version that carries them: ${way}`, async () => {
    const sdk = client(url, settings);
    await sdk.createRoutine(new models.CreateRoutineRequest({ name }));
    const on = (action, body) => call(sdk, action, { body: { Name: name, Env: 'production', ...body } });
    const set = await on('SetRoutineEnvironmentVariables', {
      EnvironmentVariables: JSON.stringify({ LEVEL: { Type: 'plain_text', Value: 'info & mehr' }, TOKEN: { Type: 'secret_text', Value: 's3cret' } }),
    });
    assert.deepEqual(set.SetKeys, ['LEVEL', 'TOKEN']);
    const listed = await on('ListRoutineEnvironmentVariables', { PageNumber: 1, PageSize: 50 });
    assert.equal(listed.EnvironmentVariables.LEVEL.Value, 'info & mehr');
    assert.equal(listed.TotalCount, 2);
    const bound = await call(sdk, 'CreateRoutineWithAssetsCodeVersion', { body: { Name: name, DeployEnv: 'production' } });
    const { body: versions } = await sdk.listRoutineCodeVersions(new models.ListRoutineCodeVersionsRequest({ name }));
    assert.deepEqual(versions.codeVersions.map((one) => one.codeVersion), [bound.CodeVersion]);
    const deleted = await on('DeleteRoutineEnvironmentVariables', { EnvironmentVariableKeys: JSON.stringify(['LEVEL', 'NONE']) });
    assert.deepEqual([deleted.DeletedKeys, deleted.FailedKeys], [['LEVEL'], ['NONE']]);
    await sdk.deleteRoutine(new models.DeleteRoutineRequest({ name }));
  });
}
