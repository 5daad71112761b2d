// The page: two tabs over this server's models.
// #frames=8&cut=5 runs the drawn scene for 8 frames at once, with another scene from frame 5 on; #picture classifies the drawn boot; both leave data-state="done" on the body.
import { listModels } from "/page/api.js";
import { VideoTab } from "/page/video.js";
import { PictureTab } from "/page/classify.js";

const tabs = ["video", "classify"];

function select(name) {
  for (const tab of tabs) {
    document.getElementById(tab).hidden = tab !== name;
    document.getElementById(`tab-${tab}`).setAttribute("aria-selected", String(tab === name));
  }
}

for (const tab of tabs) {
  document.getElementById(`tab-${tab}`).addEventListener("click", () => select(tab));
}

async function begin() {
  const models = await listModels();
  const video = new VideoTab(models.filter(model => model.task === "optical-flow"));
  const picture = new PictureTab(models.filter(model => model.task === "image-classification"));
  const wish = new URLSearchParams(location.hash.slice(1));
  select(wish.has("picture") || (video.models.length === 0 && !wish.has("frames")) ? "classify" : "video");
  document.body.dataset.state = "ready";
  if (wish.has("frames")) {
    const history = await video.start(Number(wish.get("frames")), Number(wish.get("cut") ?? Infinity));
    Object.assign(document.body.dataset, { warm: history.warm.join(","), cold: history.cold.join(","), starts: history.starts.join(",") });
    document.body.dataset.state = "done";
  } else if (wish.has("picture")) {
    await picture.drawBoot();
    document.body.dataset.state = "done";
  }
}

begin().catch(fault => {
  document.getElementById("video-note").textContent = fault.message;
  document.body.dataset.state = "failed";
});
