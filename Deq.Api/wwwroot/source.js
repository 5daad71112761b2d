// Where the frames of the video tab come from. A source has draw(context, width, height, t), which resolves to false after its last frame, and close().
import { Scene } from "/page/scene.js";

const WAIT_MS = 10_000;

/** Frames at which a file's rate is measured, and what is assumed where the browser does not tell. */
const MEASURED_FRAMES = 6;
const USUAL_RATE = 25;
const HIGHEST_RATE = 120;

/** A drawn scene that moves a little from frame to frame; `seed()` says which. */
export function sceneSource(seed) {
  const scenes = new Map();
  return {
    draw(context, width, height, t) {
      if (!scenes.has(seed())) {
        scenes.set(seed(), new Scene(seed()));
      }
      scenes.get(seed()).draw(context, width, height, t);
      return true;
    },
    close() {},
  };
}

/** What the camera sees when a frame is asked for. */
export async function cameraSource(width, height) {
  const camera = await navigator.mediaDevices?.getUserMedia({ video: { width, height } }).catch(() => null);
  if (!camera) {
    throw new Error("There is no camera here, or this page may not use it.");
  }
  const video = player();
  video.srcObject = camera;
  await video.play();
  return {
    draw(context, w, h) {
      cover(context, video, w, h);
      return true;
    },
    close() {
      video.pause();
      camera.getTracks().forEach(track => track.stop());
    },
  };
}

/** Every frame of a file, one after the other, however long each takes to be answered: the video is paused and sought. */
export async function fileSource(file) {
  const video = player();
  const url = URL.createObjectURL(file);
  const close = () => {
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(url);
  };
  try {
    const ready = once(video, "loadeddata");
    video.src = url;
    await ready;
    if (!video.videoWidth) {
      throw new Error("The file has no picture.");
    }
    if (!Number.isFinite(video.duration)) {
      // A recording of a browser does not say how long it is; the end is found by seeking beyond it.
      const known = once(video, "seeked");
      video.currentTime = 1e9;
      await known;
      video.currentTime = 0;
      await once(video, "seeked");
    }
    const seconds = 1 / await rateOf(video);
    return {
      close,
      async draw(context, width, height, t) {
        // The middle of a frame's time, so that rounding does not lead to its neighbour.
        const at = (t + 0.5) * seconds;
        if (at >= video.duration) {
          return false;
        }
        const sought = once(video, "seeked");
        video.currentTime = at;
        await sought;
        cover(context, video, width, height);
        return true;
      },
    };
  } catch {
    close();
    throw new Error(`The browser cannot play ${file.name}.`);
  }
}

function player() {
  const video = document.createElement("video");
  [video.muted, video.playsInline, video.preload] = [true, true, "auto"];
  return video;
}

function once(video, event) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("The video has stalled.")), WAIT_MS);
    const end = settle => () => {
      clearTimeout(timer);
      settle();
    };
    video.addEventListener(event, end(resolve), { once: true });
    video.addEventListener("error", end(() => reject(new Error("The video cannot be played."))), { once: true });
  });
}

/** Frames per second, by the smallest step between the first frames that are shown: frames may be left out, never added. */
async function rateOf(video) {
  if (!video.requestVideoFrameCallback) {
    return USUAL_RATE;
  }
  const times = [];
  const measured = new Promise(resolve => {
    const note = (_, { mediaTime }) => {
      times.push(mediaTime);
      if (times.length < MEASURED_FRAMES) {
        video.requestVideoFrameCallback(note);
      } else {
        resolve();
      }
    };
    video.requestVideoFrameCallback(note);
  });
  const ended = new Promise(resolve => video.addEventListener("ended", resolve, { once: true }));
  await video.play();
  await Promise.race([measured, ended, new Promise(resolve => setTimeout(resolve, 2000))]);
  video.pause();
  const steps = times.slice(1).map((time, i) => time - times[i]).filter(step => step > 1 / HIGHEST_RATE);
  return steps.length > 0 ? 1 / Math.min(...steps) : USUAL_RATE;
}

function cover(context, video, width, height) {
  const scale = Math.max(width / video.videoWidth, height / video.videoHeight);
  const [w, h] = [scale * video.videoWidth, scale * video.videoHeight];
  context.drawImage(video, (width - w) / 2, (height - h) / 2, w, h);
}
