export default {
  async fetch(request) {
    return new Response("Hello from release 3");
  },
};
