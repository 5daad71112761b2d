using System.Runtime.CompilerServices;

namespace Deq.Runtime.Tasks.Flow.FirstGuess;

/// <summary>Writes a guess into the input of an encoder.</summary>
internal static unsafe class GuessAnswer
{
    /// <summary>Writes guess, trust and what the guess leads to of some rows; the second frame is read from the input itself.</summary>
    /// <param name="input"><c>[9, Height, Width]</c>; receives the guess and the trust in its last three planes.</param>
    /// <param name="seconds"><c>[3, Height, Width]</c>: receives what the guess leads to.</param>
    /// <param name="flow">The guess.</param>
    /// <param name="trusted">The search by which it is trusted.</param>
    /// <param name="level">Its level: its pixels are 2^level of the frame.</param>
    /// <param name="from">The first row.</param>
    /// <param name="to">The row after the last.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Write(float* input, float* seconds, GuessDirection flow, PatchSearch trusted, int level, int from, int to)
    {
        (int width, int height) = (flow.U.Width, flow.U.Height);
        int plane = width * height;
        float* second = input + (3 * plane);
        (float right, float bottom) = (width - 1.001f, height - 1.001f);
        for (int y = from; y < to; y++)
        {
            ReadOnlySpan<float> trusts = trusted.TrustNear(y >> level);
            float* u = flow.U.At(y), v = flow.V.At(y), trust = input + (8 * plane) + (y * width);
            new ReadOnlySpan<float>(u, width).CopyTo(new Span<float>(input + (6 * plane) + (y * width), width));
            new ReadOnlySpan<float>(v, width).CopyTo(new Span<float>(input + (7 * plane) + (y * width), width));
            for (int x = 0; x < width; x++)
            {
                float toX = x + u[x], toY = y + v[x];
                bool isInside = toX >= 0 && toY >= 0 && toX <= width - 1 && toY <= height - 1;
                trust[x] = isInside ? trusts[trusted.Nearest[x >> level]] : 0;
                toX = Math.Clamp(toX, 0, right);
                toY = Math.Clamp(toY, 0, bottom);
                int wholeX = (int)toX, wholeY = (int)toY;
                float across = toX - wholeX, down = toY - wholeY;
                float* there = second + (wholeY * width) + wholeX, seen = seconds + (y * width) + x;
                for (int channel = 0; channel < 3; channel++, there += plane, seen += plane)
                {
                    float above = there[0] + ((there[1] - there[0]) * across);
                    float below = there[width] + ((there[width + 1] - there[width]) * across);
                    *seen = above + ((below - above) * down);
                }
            }
        }
    }
}
