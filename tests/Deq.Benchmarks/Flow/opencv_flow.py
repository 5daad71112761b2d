"""Flow of pairs of frames by OpenCV's DIS, fast and medium: reads lines "first second output", writes output.fast.flo and output.medium.flo, prints milliseconds."""
import statistics
import struct
import sys
import time

import cv2
import numpy as np

PRESETS = (("fast", cv2.DISOPTICAL_FLOW_PRESET_FAST), ("medium", cv2.DISOPTICAL_FLOW_PRESET_MEDIUM))
cv2.setNumThreads(int(sys.argv[1]))
for line in sys.stdin:
    first, second, output = line.rstrip("\n").split("\t")
    one, two = (cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2GRAY) for path in (first, second))
    spent = []
    for name, preset in PRESETS:
        dis = cv2.DISOpticalFlow_create(preset)
        dis.calc(one, two, None)
        times = []
        for _ in range(5):
            begun, used = time.perf_counter(), time.process_time()
            flow = dis.calc(one, two, None)
            times.append((1e3 * (time.perf_counter() - begun), 1e3 * (time.process_time() - used)))
        spent += [statistics.median(wall for wall, _ in times), statistics.median(cpu for _, cpu in times)]
        with open(f"{output}.{name}.flo", "wb") as file:
            file.write(b"PIEH" + struct.pack("<ii", flow.shape[1], flow.shape[0]) + flow.astype("<f4").tobytes())
    print(*spent, flush=True)
