// A comparison that is being made: the page looks again until it is there.

const UNMADE = 202; // the status of a page that is not there yet
const AGAIN_MS = 700;

async function look() {
  const { status } = await fetch(location.href);
  if (status === UNMADE) setTimeout(look, AGAIN_MS);
  else location.reload();
}

setTimeout(look, AGAIN_MS);
