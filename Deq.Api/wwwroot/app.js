// The page: four tabs over this server's models.
// Without a fragment three frames of a drawn scene run at once. #frames=8&cut=5 runs 8 frames, with another scene from frame 5 on; #picture classifies a drawn boot,
// #picture=fashion by the ensemble of that name; #restore restores a drawn harbour; #puzzle solves a drawn puzzle, #puzzle=maze one of a model; #still does nothing.
// When what they ask for has been done, the body's data-state is "done".
import { listModels } from "/page/api.js";
import { VideoTab } from "/page/video.js";
import { PictureTab } from "/page/classify.js";
import { listEnsembles } from "/page/ensemble.js";
import { RestoreTab } from "/page/restore.js";
import { PuzzleTab } from "/page/reason.js";

const FIRST_FRAMES = 3;
const tabs = ["video", "classify", "reason", "restore"];
let video = null;

function select(name, isFocused = false) {
  if (name !== "video") {
    video?.stop();
  }
  for (const tab of tabs) {
    const button = document.getElementById(`tab-${tab}`);
    document.getElementById(tab).hidden = tab !== name;
    button.setAttribute("aria-selected", String(tab === name));
    button.tabIndex = tab === name ? 0 : -1;
    if (tab === name && isFocused) {
      button.focus();
    }
  }
}

tabs.forEach((tab, place) => {
  const button = document.getElementById(`tab-${tab}`);
  button.addEventListener("click", () => select(tab));
  button.addEventListener("keydown", event => {
    const next = { ArrowRight: place + 1, ArrowLeft: place + tabs.length - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      select(tabs[next % tabs.length], true);
    }
  });
});

async function begin() {
  const models = await listModels();
  video = new VideoTab(models.filter(model => model.task === "optical-flow"));
  const picture = new PictureTab(models.filter(model => model.task === "image-classification"), await listEnsembles().catch(() => []));
  const puzzle = new PuzzleTab(models.filter(model => model.task === "reasoning"));
  const restorer = new RestoreTab(models.filter(model => model.task === "image-restoration"));
  const wish = new URLSearchParams(location.hash.slice(1));
  const asked = { puzzle: "reason", restore: "restore", picture: "classify", frames: "video" };
  const wished = Object.keys(asked).find(name => wish.has(name));
  const tab = wished ? asked[wished] : video.models.length === 0 ? "classify" : "video";
  select(tab);
  document.body.dataset.state = "ready";
  if (wish.has("still")) {
    return;
  }
  if (tab === "reason") {
    await puzzle.begin(wish.get("puzzle"));
  } else if (tab === "restore") {
    await restorer.drawHarbour();
  } else if (tab === "classify") {
    await picture.drawBoot(wish.get("picture"));
  } else {
    const history = await video.start(Number(wish.get("frames") ?? FIRST_FRAMES), Number(wish.get("cut") ?? Infinity));
    Object.assign(document.body.dataset, { warm: history.warm.join(","), cold: history.cold.join(","), starts: history.starts.join(",") });
  }
  document.body.dataset.state = "done";
}

begin().catch(fault => {
  document.getElementById("video-note").textContent = fault.message;
  document.body.dataset.state = "failed";
});
