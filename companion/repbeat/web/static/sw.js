// Pages come from the network and are kept; without one the last state is shown, and says so.
// Static files have their content in their address: once here they are never asked for again.
const PAGES = "pages-1";
const FILES = "files-1";
const OFFLINE = "/offline";
const PATIENCE_MS = 8000;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(PAGES).then((cache) => cache.add(OFFLINE)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => ![PAGES, FILES].includes(name)).map((name) => caches.delete(name));
  event.waitUntil(caches.keys().then((names) => Promise.all(old(names))).then(() => self.clients.claim()));
});

async function file(request) {
  const kept = await caches.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) (await caches.open(FILES)).put(request, answer.clone());
  return answer;
}

// The mark on <body> lets the page's own style show its notice: no script is needed for that. It says of when
// the state is, in the words of the server's clock.
async function lastState(request) {
  const kept = (await caches.match(request)) ?? (await caches.match(OFFLINE));
  const text = (await kept.text()).replace("<body", `<body data-offline="${kept.headers.get("Date") ?? ""}"`);
  const headers = new Headers(kept.headers);
  headers.delete("Content-Encoding");
  headers.delete("Content-Length");
  return new Response(text, { status: 200, headers });
}

async function page(request) {
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.ok && !answer.redirected) (await caches.open(PAGES)).put(request, answer.clone());
    return answer;
  } catch {
    return lastState(request);
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith("/static/") && url.searchParams.has("v")) event.respondWith(file(request));
  else if (request.mode === "navigate") event.respondWith(page(request));
});
