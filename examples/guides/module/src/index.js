export default {
  async fetch(request) {
    return new Response("Hello from a module");
  },
};
