// A moving scene drawn on a canvas: a drifting ground and three textured things that turn and swing. Frame t follows from seed and t alone.

const generator = seed => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};

/** A square of smooth noise in two colours; several octaves, so that there is something to follow at every size. */
function texture(random, size, from, to) {
  const canvas = new OffscreenCanvas(size, size);
  const context = canvas.getContext("2d");
  const image = context.createImageData(size, size);
  const octaves = [8, 16, 32, 64].map(cells => ({ cells, values: Array.from({ length: cells * cells }, random) }));
  const smooth = t => t * t * (3 - (2 * t));
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      let value = 0;
      octaves.forEach(({ cells, values }, octave) => {
        const [u, v] = [(x / size) * cells, (y / size) * cells];
        const [i, j] = [Math.floor(u), Math.floor(v)];
        const [a, b] = [smooth(u - i), smooth(v - j)];
        const at = (column, row) => values[((row % cells) * cells) + (column % cells)];
        value += ((((at(i, j) * (1 - a)) + (at(i + 1, j) * a)) * (1 - b)) + (((at(i, j + 1) * (1 - a)) + (at(i + 1, j + 1) * a)) * b)) / (octave + 1.5);
      });
      const share = Math.min(1, Math.max(0, (value - 0.45) * 1.4));
      for (let channel = 0; channel < 3; channel++) {
        image.data[(4 * ((y * size) + x)) + channel] = from[channel] + (share * (to[channel] - from[channel]));
      }
      image.data[(4 * ((y * size) + x)) + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

export class Scene {
  #parts;
  #ground;

  constructor(seed) {
    const random = generator(seed);
    const shade = dark => Array.from({ length: 3 }, () => (dark ? 10 + (70 * random()) : 150 + (100 * random())));
    this.#ground = { texture: texture(random, 512, shade(seed % 2 === 1), shade(seed % 2 === 0)), x: 1.5 * (random() - 0.5), y: 1.2 * (random() - 0.5) };
    this.#parts = Array.from({ length: 3 }, (_, i) => ({
      texture: texture(random, 256, shade(true), shade(false)), kind: i, size: 0.2 + (0.12 * random()), phase: 6.28 * random(),
      centre: [0.25 + (0.5 * random()), 0.3 + (0.4 * random())], swing: [0.16 * (random() + 0.4), 0.12 * (random() + 0.4)], pace: 0.05 + (0.03 * random()),
      turn: 0.03 * (random() - 0.5),
    }));
  }

  draw(context, width, height, t) {
    const pattern = context.createPattern(this.#ground.texture, "repeat");
    pattern.setTransform(new DOMMatrix([1, 0, 0, 1, this.#ground.x * t, this.#ground.y * t]));
    context.fillStyle = pattern;
    context.fillRect(0, 0, width, height);
    for (const part of this.#parts) {
      const angle = part.phase + (part.pace * t);
      const radius = part.size * height;
      context.save();
      context.translate(width * (part.centre[0] + (part.swing[0] * Math.sin(angle))), height * (part.centre[1] + (part.swing[1] * Math.cos(angle * 0.8))));
      context.rotate(part.turn * t);
      context.beginPath();
      if (part.kind === 0) {
        context.arc(0, 0, radius, 0, 6.2832);
      } else if (part.kind === 1) {
        context.rect(-radius, -0.7 * radius, 2 * radius, 1.4 * radius);
      } else {
        context.moveTo(0, -radius);
        context.lineTo(radius, radius);
        context.lineTo(-radius, radius);
        context.closePath();
      }
      const skin = context.createPattern(part.texture, "repeat");
      context.fillStyle = skin;
      context.fill();
      context.restore();
    }
  }
}
