export default {
  async fetch(request) {
    if (new URL(request.url).pathname === "/api/healthz") {
      return new Response(null, { status: 204 });
    }
    return new Response("<html><body>Shop</body></html>", { headers: { "Content-Type": "text/html" } });
  },
};
