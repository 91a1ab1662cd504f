// The page of machines: what came since is shown, and files are sent, chosen or dropped.

const RENEW_MS = 2500;
const standing = document.querySelector("#standing");
const form = document.querySelector("#upload");

const version = () => standing.firstElementChild.dataset.version;

async function renew() {
  try {
    const answer = document.hidden ? null : await fetch(`/machines/standing?version=${version()}`);
    if (answer && answer.status === 200) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      standing.replaceChildren(page.body.firstElementChild);
    }
  } catch {
    // the page is not served at the moment; it is asked again
  }
}

async function follow() {
  await renew();
  setTimeout(follow, RENEW_MS);
}

async function send(files) {
  const code = form.elements.code.value, answers = [];
  for (const file of files) {
    try {
      const answer = await fetch("/machines", { method: "POST", body: file, headers: { "Overlap-Code": code } });
      answers.push(await answer.text());
    } catch {
      answers.push(`${file.name} was not sent: the page is not served at the moment.`);
    }
  }
  document.querySelector("#answer").textContent = answers.join(" ");
  await renew();
}

if (form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form.elements.file.files);
  });
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("dropping");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("dropping");
    if (event.dataTransfer.files.length) send(event.dataTransfer.files);
  });
}
follow();
