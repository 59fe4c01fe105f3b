// Asking the instance. The token is kept by the tab and goes to this server only.

const KEY = "tonewire-token";
const LIMIT_MS = 10_000;

let token = stored();

export class Refused extends Error {
  constructor(status) {
    super(`status ${status}`);
    this.status = status;
  }
}

// The JSON at a path, relative to the page. Throws Refused for any other answer than 200.
export async function ask(path) {
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  const answer = await fetch(path, { headers, cache: "no-store", credentials: "omit", redirect: "error", signal: AbortSignal.timeout(LIMIT_MS) });
  if (answer.status !== 200) throw new Refused(answer.status);
  return answer.json();
}

export function hasToken() {
  return token !== "";
}

export function setToken(text) {
  token = text;
  try {
    if (text) sessionStorage.setItem(KEY, text);
    else sessionStorage.removeItem(KEY);
  } catch {
    // Storage can be switched off; then it is in memory only.
  }
}

function stored() {
  try {
    return sessionStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}
