"""Restores damaged pictures by the methods that libraries have, each with the best of a few strengths: Wiener, total variation, non-local
means, BM3D, inpainting and cubic enlarging.

Reads a folder that the benchmark `restore` writes: index.json, a list of {name, kind, sigma, factor, height, width, files}, and raw float32 planes
in grey levels. Prints one line of JSON for each: {name, method: [PSNR in dB, milliseconds]}. Needs Debian's python3-skimage and python3-opencv.
BM3D is written here after Dabov, Foi, Katkovnik and Egiazarian (2007), normal profile, with a cosine transform in the first stage too: Debian's OpenCV leaves it out.
"""
import json
import sys
import time

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from skimage.restoration import denoise_nl_means, denoise_tv_chambolle, inpaint_biharmonic, wiener

SIDE, REACH, STEP = 8, 19, 3


def psnr(found, truth):
    return float(10 * np.log10(255**2 / np.mean((np.clip(found, 0, 255) - truth) ** 2)))


def cosines(count):
    k, i = np.arange(count)[:, None], np.arange(count)[None]
    rows = np.sqrt(2 / count) * np.cos(np.pi * (2 * i + 1) * k / (2 * count))
    rows[0] /= np.sqrt(2)
    return rows


def haar(count):
    rows = np.array([[1.0]])
    while rows.shape[0] < count:
        rows = np.vstack([np.kron(rows, [1, 1]), np.kron(np.eye(rows.shape[0]), [1, -1])]) / np.sqrt(2)
    return rows


def groups(image, most, threshold):
    """For each reference block the offsets of its most similar blocks, nearest first, and how many of them count: a power of 2."""
    height, width = image.shape
    down = sorted({*range(0, height - SIDE + 1, STEP), height - SIDE})
    across = sorted({*range(0, width - SIDE + 1, STEP), width - SIDE})
    y, x = (a.ravel() for a in np.meshgrid(down, across, indexing="ij"))
    offsets = [(dy, dx) for dy in range(-REACH, REACH + 1) for dx in range(-REACH, REACH + 1)]
    far = np.full((len(y), len(offsets)), np.inf, np.float32)
    for place, (dy, dx) in enumerate(offsets):
        top, bottom, left, right = max(0, -dy), min(height, height - dy), max(0, -dx), min(width, width - dx)
        squares = (image[top:bottom, left:right] - image[top + dy : bottom + dy, left + dx : right + dx]) ** 2
        sums = np.pad(squares.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
        sums = sums[SIDE:, SIDE:] - sums[:-SIDE, SIDE:] - sums[SIDE:, :-SIDE] + sums[:-SIDE, :-SIDE]
        inside = (y >= top) & (y <= bottom - SIDE) & (x >= left) & (x <= right - SIDE)
        far[inside, place] = sums[y[inside] - top, x[inside] - left] / SIDE**2
    far[:, offsets.index((0, 0))] = -1
    nearest = np.argpartition(far, most - 1, axis=1)[:, :most]
    distance = np.take_along_axis(far, nearest, 1)
    order = np.argsort(distance, 1)
    counts = 2 ** np.floor(np.log2((distance <= threshold).sum(1))).astype(int)
    return y, x, np.array(offsets)[np.take_along_axis(nearest, order, 1)], counts


def stage(noisy, match, sigma, most, threshold, basic=None):
    y, x, offsets, counts = groups(match, most, threshold)
    blocks, transform = sliding_window_view(noisy, (SIDE, SIDE)), cosines(SIDE)
    window = np.outer(np.kaiser(SIDE, 2), np.kaiser(SIDE, 2))
    total, weights = np.zeros(noisy.shape), np.zeros(noisy.shape)
    for count in np.unique(counts):
        chosen = counts == count
        rows, columns = y[chosen][:, None] + offsets[chosen][:, :count, 0], x[chosen][:, None] + offsets[chosen][:, :count, 1]
        along = haar(count)

        def spectrum(of):
            return np.einsum("mn,gnij->gmij", along, transform @ of[rows, columns] @ transform.T)

        found = spectrum(blocks)
        if basic is None:
            kept = np.abs(found) > 2.7 * sigma
            found, power = found * kept, kept.sum((1, 2, 3))
        else:
            guess = spectrum(sliding_window_view(basic, (SIDE, SIDE))) ** 2
            shrunk = guess / (guess + sigma**2)
            found, power = found * shrunk, (shrunk**2).sum((1, 2, 3))
        estimates = transform.T @ np.einsum("mn,gmij->gnij", along, found) @ transform
        weight = np.broadcast_to(window / np.maximum(power, 1e-6)[:, None, None, None], estimates.shape)
        places = (rows[:, :, None, None] + np.arange(SIDE)[:, None], columns[:, :, None, None] + np.arange(SIDE))
        places = tuple(np.broadcast_arrays(*places))
        np.add.at(total, places, weight * estimates)
        np.add.at(weights, places, weight)
    return total / weights


def bm3d(noisy, sigma):
    basic = stage(noisy, noisy, sigma, 16, 2500)
    return stage(noisy, basic, sigma, 32, 400, basic)


def best(truth, candidates):
    begun = time.perf_counter()
    found = [psnr(candidate, truth) for candidate in candidates]
    return [max(found), 1e3 * (time.perf_counter() - begun) / len(found)]


def deblurred(noisy, kernel, balance):
    margin = kernel.shape[0]
    framed = np.pad(noisy, margin, mode="symmetric")
    return 255 * wiener(framed / 255, kernel, balance, clip=False)[margin:-margin, margin:-margin]


def methods(item, planes):
    truth, measured, sigma = planes["truth"], planes["measured"], item["sigma"]
    if item["kind"] == "noise":
        yield "total variation", best(truth, (255 * denoise_tv_chambolle(measured / 255, weight=share * sigma / 255) for share in (0.5, 0.7, 0.9)))
        yield "non-local means", best(truth, (
            255 * denoise_nl_means(measured / 255, patch_size=5, patch_distance=8, h=share * sigma / 255, sigma=sigma / 255, fast_mode=True) for share in (0.5, 0.7, 0.9)))
        if item["bm3d"]:
            yield "BM3D", best(truth, (bm3d(measured, sigma) for _ in range(1)))
    elif item["kind"] == "blur":
        kernel = planes["kernel"].reshape(item["size"], item["size"])
        yield "Wiener", best(truth, (deblurred(measured, kernel, balance) for balance in (1e-3, 3e-3, 1e-2, 3e-2, 1e-1)))
    elif item["kind"] == "mask":
        missing = planes["missing"] > 0
        eight = np.clip(measured, 0, 255).round().astype(np.uint8)
        yield "Telea", best(truth, (cv2.inpaint(eight, missing.astype(np.uint8), radius, cv2.INPAINT_TELEA) for radius in (2, 3, 5)))
        yield "Navier-Stokes", best(truth, (cv2.inpaint(eight, missing.astype(np.uint8), radius, cv2.INPAINT_NS) for radius in (2, 3, 5)))
        yield "biharmonic", best(truth, (255 * inpaint_biharmonic(measured / 255, missing) for _ in range(1)))
    else:
        size = (item["factor"] * item["width"], item["factor"] * item["height"])
        yield "bicubic", best(truth, (cv2.resize(measured, size, interpolation=cv2.INTER_CUBIC) for _ in range(1)))
        yield "Lanczos", best(truth, (cv2.resize(measured, size, interpolation=cv2.INTER_LANCZOS4) for _ in range(1)))


def main():
    folder = sys.argv[1]
    for item in json.load(open(f"{folder}/index.json", encoding="utf-8")):
        planes = {name: np.fromfile(f"{folder}/{file}", "<f4").astype(np.float64) for name, file in item["files"].items()}
        planes["truth"] = planes["truth"].reshape(item["factor"] * item["height"], -1)
        planes["measured"] = planes["measured"].reshape(item["height"], item["width"])
        if "missing" in planes:
            planes["missing"] = planes["missing"].reshape(item["height"], item["width"])
        print(json.dumps({"name": item["name"], "methods": {name: found for name, found in methods(item, planes)}}), flush=True)


main()
