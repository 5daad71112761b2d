namespace Deq.Runtime.Tasks.Flow.FirstGuess;

/// <summary>What the last pair of a clip says of the next one's flow.</summary>
/// <param name="Cells"><c>[2, Height, Width]</c>: the flow of the next pair, in cells.</param>
/// <param name="Height">Cells.</param>
/// <param name="Width">Cells.</param>
/// <param name="Stride">Pixels per cell, at least 1.</param>
/// <param name="MostLost">A search that loses a larger share of its patches starts anew from coarse levels, <see cref="GuessFit.MostLostNext"/>.</param>
public sealed record FlowPrediction(ReadOnlyMemory<float> Cells, int Height, int Width, int Stride, double MostLost)
{
    /// <summary>Gives every patch the motion that is predicted where it lies.</summary>
    /// <param name="search">The patches.</param>
    /// <param name="level">Of the pyramid: its pixels are 2^level of the frame.</param>
    /// <param name="forward">Whether they move from the first frame to the second; else back.</param>
    internal void Start(PatchSearch search, int level, bool forward)
    {
        for (int row = 0; row < search.Rows; row++)
        {
            for (int column = 0; column < search.Columns; column++)
            {
                int patch = (row * search.Columns) + column;
                (search.U[patch], search.V[patch]) = MotionAt(search, row, column, level, forward);
            }
        }
    }

    /// <summary>
    /// The share of patches whose motion is neither confirmed by the motion back nor near what was predicted. Where there is little to see, or all moves by half a pixel,
    /// motions are not confirmed although the prediction is right.
    /// </summary>
    /// <param name="search">The patches, searched from where <see cref="Start"/> put them and compared.</param>
    /// <param name="level">As of <see cref="Start"/>.</param>
    /// <param name="bound">Pixels of the level by which what rests may stray.</param>
    /// <param name="share">Of a motion's length that is added to the bound.</param>
    internal double Lost(PatchSearch search, int level, float bound, float share)
    {
        int lost = 0;
        for (int row = 0; row < search.Rows; row++)
        {
            for (int column = 0; column < search.Columns; column++)
            {
                int patch = (row * search.Columns) + column;
                if (search.IsLost(patch))
                {
                    (float u, float v) = MotionAt(search, row, column, level, forward: true);
                    float most = bound + (share * MathF.Sqrt((u * u) + (v * v)));
                    (u, v) = (search.U[patch] - u, search.V[patch] - v);
                    lost += (u * u) + (v * v) > most * most ? 1 : 0;
                }
            }
        }

        return lost / (double)search.Trust.Length;
    }

    private (float U, float V) MotionAt(PatchSearch search, int row, int column, int level, bool forward)
    {
        ReadOnlySpan<float> u = Cells.Span[..(Height * Width)], v = Cells.Span[(Height * Width)..];
        float perCell = (float)Stride / (1 << level);
        float x = (search.Left(column) + (PatchSearch.Size / 2)) / perCell, y = (search.Top(row) + (PatchSearch.Size / 2)) / perCell;
        int cell = CellAt(x, y);
        if (!forward)
        {
            cell = CellAt(x - u[cell], y - v[cell]);
        }

        float scale = forward ? perCell : -perCell;
        return (scale * u[cell], scale * v[cell]);
    }

    private int CellAt(float x, float y) => (Math.Clamp((int)y, 0, Height - 1) * Width) + Math.Clamp((int)x, 0, Width - 1);
}

/// <summary>How well a guess was found.</summary>
/// <param name="Lost">The share of patches whose motion is not confirmed by the motion back, 0 to 1; of a search that started from a prediction, those that left it.</param>
/// <param name="IsPredicted">Whether the search started from a prediction.</param>
public readonly record struct GuessFit(double Lost, bool IsPredicted)
{
    /// <summary>By how much more a prediction may lose than was lost before: beyond, something new moves, or the camera jumped.</summary>
    private const double More = 0.03;

    /// <summary>A pair that lost a larger share, as across a cut, predicts nothing of the next one.</summary>
    private const double MostOfAny = 0.5;

    /// <summary>The share of patches that the next pair may lose. It falls at once and rises slowly, so that pairs that are hard do not excuse those after them. Nothing after a pair that lost most patches: the next one starts cold.</summary>
    /// <param name="mostLost">What this pair might lose; 1 where it was not predicted from another.</param>
    public double MostLostNext(double mostLost) => Lost > MostOfAny ? 0 : Math.Min(Lost, mostLost) + More;
}
