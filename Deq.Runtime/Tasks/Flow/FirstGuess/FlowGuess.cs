namespace Deq.Runtime.Tasks.Flow.FirstGuess;

/// <summary>A classical estimate of flow from coarse to fine: inverse search on patches in both directions and variational refinement. Holds buffers for frames of one size; one owner.</summary>
public sealed class FlowGuess
{
    /// <summary>What manifests call it.</summary>
    public const string Name = "patch-search";

    /// <summary>Planes of a completed input: the first frame, the second seen along the guess, the guess, and how far it is trusted.</summary>
    public const int Planes = 9;

    /// <summary>Pixels of frames, and of every level, along the shorter side.</summary>
    internal const int LeastSide = 16;

    /// <summary>Pixels between patches: five of six pixels of a patch are in its neighbour as well.</summary>
    private const int PatchStride = 3;

    /// <summary>Gradient steps of a patch: on pairs with truth more of them fit what the patch covers, not what it shows.</summary>
    private const int PatchSteps = 4;
    private const int FinestSteps = 2;

    /// <summary>The finest level on which the motion back is searched too; the search of the whole frame goes forward alone.</summary>
    private const int FinestBack = 1;

    /// <summary>By how much a motion and the one back may differ for half the trust: pixels of the level, and a share of the motion.</summary>
    private const float TrustBound = 1;
    private const float TrustShare = 0.1f;

    /// <summary>The level on which patches are also compared at every whole pixel near: 8 there are 64 of the frame.</summary>
    private const int WideLevel = 3;
    private const int WideReach = 8;
    private const float WideShare = 0.5f;
    private const int SmoothingRounds = 5;
    private const int FinestRounds = 3;

    /// <summary>Of every level, where the search started from what was predicted.</summary>
    private const int PredictedRounds = 2;
    private const int SmoothingSweeps = 5;

    private readonly PairThreads? _threads;
    private readonly RowBands _bands;
    private readonly GuessLevel[] _levels;
    private readonly float[] _seconds;

    /// <summary>Allocates for frames of a size.</summary>
    /// <param name="width">Pixels, at least 16.</param>
    /// <param name="height">Pixels, at least 16.</param>
    /// <param name="threads">That share the work; they do not change the answer. Null does all on the thread that asks.</param>
    public FlowGuess(int width, int height, PairThreads? threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, LeastSide);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, LeastSide);
        (Width, Height, _threads, _bands, _seconds) = (width, height, threads, new RowBands(threads), new float[3 * width * height]);
        var levels = new List<GuessLevel>();
        for (int level = 0; Math.Min(width >> level, height >> level) >= LeastSide; level++)
        {
            levels.Add(new GuessLevel(width >> level, height >> level, PatchStride));
        }

        _levels = [.. levels];
    }

    /// <summary>Pixels.</summary>
    public int Width { get; }

    /// <summary>Pixels.</summary>
    public int Height { get; }

    /// <summary>Completes the input of an encoder: replaces the second frame by what is seen of it along the guess, and adds the guess and its trust.</summary>
    /// <param name="input">
    /// <c>[9, Height, Width]</c>; red, green and blue of both frames, normalised. Receives in place of the second frame what the guess leads to, the guess in
    /// pixels to the right and down, and the trust in it, 0 to 1, 0 where it leads out of the frame.
    /// </param>
    /// <param name="mean">Per channel, by which the frames were normalised.</param>
    /// <param name="deviation">Per channel.</param>
    /// <param name="prediction">What the last pair of a clip says of this one, from which the search then starts; null starts from coarse levels. Default null.</param>
    /// <param name="isQuick">Whether the search ends on the level of half the frame's size, for about a third of the time. Default false.</param>
    /// <returns>How well patches were found, and whether the prediction was used: not where it loses more patches than it says.</returns>
    public unsafe GuessFit Complete(Span<float> input, ReadOnlySpan<float> mean, ReadOnlySpan<float> deviation, FlowPrediction? prediction = null, bool isQuick = false)
    {
        int plane = Width * Height;
        if (input.Length != Planes * plane)
        {
            throw new ArgumentException($"The input has {input.Length} numbers; it needs [{Planes}, {Height}, {Width}].", nameof(input));
        }

        float[] scale = [76.2f * deviation[0], 149.7f * deviation[1], 29.1f * deviation[2]];
        float offset = (76.2f * mean[0]) + (149.7f * mean[1]) + (29.1f * mean[2]);
        double? lost;
        fixed (float* start = input, buffer = _seconds)
        {
            float* frames = start, seconds = buffer;
            Both(forward =>
            {
                GreyPlane finest = forward ? _levels[0].First : _levels[0].Second;
                finest.Fill(new ReadOnlySpan<float>(frames + (forward ? 0 : 3 * plane), 3 * plane), scale, offset);
                Pyramid(forward);
            });
            lost = prediction is null ? null : SearchFrom(prediction);
            int last = isQuick ? TrustLevel : 0;
            Estimate(lost is not null, last);
            Enlarge(last);
            _bands.Run(Height, (from, to) => GuessAnswer.Write(frames, seconds, _levels[0].Forward, _levels[TrustLevel].Forward.Search, TrustLevel, from, to));
        }

        _seconds.AsSpan().CopyTo(input.Slice(3 * plane, 3 * plane));
        return new GuessFit(lost ?? _levels[TrustLevel].Forward.Search.Lost, lost is not null);
    }

    /// <summary>Bytes of the buffers.</summary>
    public long Bytes => (sizeof(float) * (long)_seconds.Length) + _levels.Sum(level => level.Bytes);

    private int TrustLevel => Math.Min(FinestBack, _levels.Length - 1);

    /// <summary>Searches the level on which trust is measured from what was predicted. The share of patches that this lost; null where that is more than it may.</summary>
    private double? SearchFrom(FlowPrediction prediction)
    {
        int number = TrustLevel;
        GuessLevel level = _levels[number];
        Both(forward =>
        {
            prediction.Start(level.Of(forward).Search, number, forward);
            (GreyPlane one, GreyPlane other) = level.Frames(forward);
            level.Of(forward).Search.Search(one, other, PatchSteps, isTwice: true);
        });
        Compare(level);
        double lost = prediction.Lost(level.Forward.Search, number, TrustBound, TrustShare);
        return lost <= prediction.MostLost ? lost : null;
    }

    /// <summary>Takes the flow of a level as that of the finer ones.</summary>
    private void Enlarge(int last)
    {
        for (int number = last - 1; number >= 0; number--)
        {
            GuessDirection coarse = _levels[number + 1].Forward, fine = _levels[number].Forward;
            Both(across => (across ? fine.U : fine.V).FillFromDoubling(across ? coarse.U : coarse.V));
        }
    }

    private void Estimate(bool isPredicted, int last)
    {
        for (int number = isPredicted ? TrustLevel : _levels.Length - 1; number >= last; number--)
        {
            if (!isPredicted || number < TrustLevel)
            {
                Search(number);
            }

            GuessLevel level = _levels[number];
            bool isBoth = number > FinestBack;
            if (number > FinestBack)
            {
                var alone = new RowBands(null);
                Both(forward => Refine(level, forward, SmoothingRounds, alone));
            }
            else
            {
                Refine(level, true, isPredicted ? PredictedRounds : number == 0 ? FinestRounds : SmoothingRounds, _bands);
            }
        }
    }

    private static void Refine(GuessLevel level, bool forward, int rounds, RowBands bands)
    {
        GuessDirection here = level.Of(forward);
        (GreyPlane first, GreyPlane second) = level.Frames(forward);
        bands.Run(first.Height, (from, to) => PatchBlend.Blend(here.Search, first, second, here.U, here.V, here.Weight, from, to));
        here.Smoothing.Refine(first, second, here.U, here.V, rounds, SmoothingSweeps, bands);
    }

    private void Search(int number)
    {
        GuessLevel level = _levels[number];
        bool isBoth = number >= FinestBack || _levels.Length == 1;
        GuessLevel? above = number == _levels.Length - 1 ? null : _levels[number + 1];
        if (!isBoth)
        {
            Start(level.Forward, above?.Forward);
            level.Forward.Search.Search(level.First, level.Second, FinestSteps, isTwice: false, _bands);
            Array.Fill(level.Forward.Search.Trust, 1);
            return;
        }

        Both(forward =>
        {
            GuessDirection here = level.Of(forward);
            (GreyPlane one, GreyPlane other) = level.Frames(forward);
            Start(here, above?.Of(forward));
            if (number == WideLevel)
            {
                here.Search.SearchWidely(one, other, WideReach, WideShare);
            }

            here.Search.Search(one, other, PatchSteps, isTwice: true);
        });
        Compare(level);
    }

    private static void Compare(GuessLevel level)
    {
        level.Forward.Search.Compare(level.Backward.Search, TrustBound, TrustShare);
        level.Backward.Search.Compare(level.Forward.Search, TrustBound, TrustShare);
    }

    private void Both(Action<bool> action)
    {
        if (_threads is null)
        {
            action(true);
            action(false);
            return;
        }

        _threads.Run(2, direction => action(direction == 0));
    }

    private void Pyramid(bool isFirst)
    {
        for (int number = 1; number < _levels.Length; number++)
        {
            (isFirst ? _levels[number].First : _levels[number].Second).FillFromHalving(isFirst ? _levels[number - 1].First : _levels[number - 1].Second);
        }
    }

    private static void Start(GuessDirection here, GuessDirection? above)
    {
        PatchSearch search = here.Search;
        for (int row = 0; row < search.Rows; row++)
        {
            for (int column = 0; column < search.Columns; column++)
            {
                int patch = (row * search.Columns) + column;
                if (above is null)
                {
                    (search.U[patch], search.V[patch]) = (0, 0);
                    continue;
                }

                int x = Math.Min((search.Left(column) + (PatchSearch.Size / 2)) / 2, above.U.Width - 1);
                int y = Math.Min((search.Top(row) + (PatchSearch.Size / 2)) / 2, above.U.Height - 1);
                int at = above.U.Row(y) + x;
                (search.U[patch], search.V[patch]) = (2 * above.U.Values[at], 2 * above.V.Values[at]);
            }
        }
    }
}
