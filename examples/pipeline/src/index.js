import { greeting } from "./greeting.js";

export default {
  fetch() {
    return new Response(`${greeting()}\n`, { headers: { "content-type": "text/plain; charset=utf-8" } });
  },
};
