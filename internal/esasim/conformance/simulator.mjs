// Where the simulators are, the SDK's client for them, and what only their
// admin path tells.
import esa from '@alicloud/esa20240910';
import core from '@alicloud/openapi-core';
import AdmZip from 'adm-zip';

export const http = process.env.ESASIM_HTTP;
export const https = process.env.ESASIM_HTTPS;

export const key = { accessKeyId: 'esasim-access-key', accessKeySecret: 'esasim-access-secret' };

// client is the vendor's SDK, pointed at a simulator.
export function client(url, settings = {}) {
  const { protocol, host } = new URL(url);
  const config = new core.$OpenApiUtil.Config({ ...key, endpoint: host, protocol: protocol.replace(':', ''), ...settings });
  return new esa.default(config);
}

// call makes a call for which the SDK has no method, or in another way than its method does.
export async function call(sdk, action, { method = 'POST', ...request }) {
  const params = new core.$OpenApiUtil.Params({
    action, method, version: '2024-09-10', protocol: 'HTTPS', pathname: '/', authType: 'AK', style: 'RPC', reqBodyType: 'formData', bodyType: 'json',
  });
  const answer = await sdk.callApi(params, new core.$OpenApiUtil.OpenApiRequest(request), { toMap: () => ({}) });
  return answer.body;
}

export async function admin(url, path) {
  const answer = await fetch(`${url}/-/${path}`);
  return answer.json();
}

// zip is what the vendor's command line uploads, made with the same package.
export function zip(code, assets = {}) {
  const archive = new AdmZip();
  if (code) archive.addFile('routine/index.js', Buffer.from(code));
  for (const [name, content] of Object.entries(assets)) archive.addFile(`assets/${name}`, Buffer.from(content));
  return archive.toBuffer();
}
