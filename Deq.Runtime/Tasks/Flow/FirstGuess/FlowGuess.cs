using Deq.Runtime.Imaging;

namespace Deq.Runtime.Tasks.Flow.FirstGuess;

/// <summary>How a flow is guessed.</summary>
public sealed record GuessOptions
{
    /// <summary>The finest level that patches are searched on; 0 is the whole frame. Default 1.</summary>
    public int FinestSearch { get; init; } = 1;

    /// <summary>Pixels between patches. Default 4.</summary>
    public int Stride { get; init; } = 4;

    /// <summary>Gradient steps per patch and pass. Default 12.</summary>
    public int Iterations { get; init; } = 12;

    /// <summary>Rounds of the variational refinement per level. Default 5.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>Relaxations per round. Default 5.</summary>
    public int Sweeps { get; init; } = 5;

    /// <summary>Refinements of the whole frame. Default 1.</summary>
    public int FineWarps { get; init; } = 1;

    /// <summary>The finest level on which the motion back is searched as well. Default 1.</summary>
    public int FinestBack { get; init; } = 1;

    /// <summary>Pixels of a level by which a motion and the one back may differ for half trust. Default 1.</summary>
    public float Bound { get; init; } = 1;

    /// <summary>Threads. Default 2.</summary>
    public int Threads { get; init; } = 2;

    public int WideLevel { get; init; } = 99;
    public int WideLevel2 { get; init; } = 99;
    public int WideReach { get; init; } = 8;
    public float WideShare { get; init; } = 0.5f;
    public float Alpha { get; init; } = 20;
    public float Gamma { get; init; } = 10;
    public float Delta { get; init; } = 5;
}

/// <summary>A classical estimate of flow from coarse to fine: inverse search on patches in both directions and variational refinement. Holds buffers for frames of one size; one owner.</summary>
public sealed class FlowGuess
{
    private const int LeastSide = 16;

    private readonly GuessOptions _options;
    private readonly RowBands _bands;
    private readonly Level[] _levels;

    public FlowGuess(int width, int height, GuessOptions options)
    {
        (Width, Height, _options) = (width, height, options);
        _bands = new RowBands(options.Threads);
        var levels = new List<Level>();
        for (int level = 0; level == 0 || Math.Min(width >> level, height >> level) >= LeastSide; level++)
        {
            levels.Add(new Level(width >> level, height >> level, options.Stride));
        }

        _levels = [.. levels];
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>Estimates the flow of two frames.</summary>
    /// <param name="u">Receives <c>[Height, Width]</c>, pixels to the right.</param>
    /// <param name="v">Receives <c>[Height, Width]</c>, pixels down.</param>
    public void Estimate(DecodedImage first, DecodedImage second, Span<float> u, Span<float> v)
    {
        Both(forward => Pyramid(forward ? first : second, forward));
        int coarsest = _levels.Length - 1;
        var (none, weights) = (new RowBands(1), new SmoothingWeights(_options.Alpha, _options.Gamma, _options.Delta));
        for (int number = coarsest; number >= 0; number--)
        {
            Level level = _levels[number];
            bool searches = number >= _options.FinestSearch, back = number >= _options.FinestBack;
            Level? above = number == coarsest ? null : _levels[number + 1];
            if (!searches)
            {
                Enlarge(above!.Forward, level.Forward);
                for (int warp = 0; warp < _options.FineWarps; warp++)
                {
                    level.Smoothing.Refine(level.First, level.Second, level.Forward.U, level.Forward.V, weights, _options.Rounds, _options.Sweeps, _bands);
                }

                continue;
            }

            Both(forward =>
            {
                if (forward || back)
                {
                    Direction here = forward ? level.Forward : level.Backward;
                    Start(here, above is null ? null : forward ? above.Forward : above.Backward);
                    if (number == _options.WideLevel || number == _options.WideLevel2)
                    {
                        here.Search.SearchWidely(forward ? level.First : level.Second, forward ? level.Second : level.First, _options.WideReach, _options.WideShare);
                    }

                    here.Search.Search(forward ? level.First : level.Second, forward ? level.Second : level.First, _options.Iterations);
                }
            });
            if (back)
            {
                level.Forward.Search.Compare(level.Backward.Search, _options.Bound);
                level.Backward.Search.Compare(level.Forward.Search, _options.Bound);
            }
            else
            {
                Array.Fill(level.Forward.Search.Trust, 1);
            }

            bool both = number > _options.FinestBack;
            Both(forward =>
            {
                if (forward || both)
                {
                    Direction here = forward ? level.Forward : level.Backward;
                    (GreyPlane one, GreyPlane other) = forward ? (level.First, level.Second) : (level.Second, level.First);
                    PatchBlend.Blend(here.Search, one, other, here.U, here.V, here.Weight);
                    if (both)
                    {
                        (forward ? level.Smoothing : level.BackSmoothing).Refine(one, other, here.U, here.V, weights, _options.Rounds, _options.Sweeps, none);
                    }
                }
            });
            if (!both)
            {
                level.Smoothing.Refine(level.First, level.Second, level.Forward.U, level.Forward.V, weights, _options.Rounds, _options.Sweeps, _bands);
            }
        }

        for (int y = 0; y < Height; y++)
        {
            _levels[0].Forward.U.RowSpan(y).CopyTo(u.Slice(y * Width, Width));
            _levels[0].Forward.V.RowSpan(y).CopyTo(v.Slice(y * Width, Width));
        }
    }

    private void Both(Action<bool> action)
    {
        if (_bands.Threads == 1)
        {
            action(true);
            action(false);
            return;
        }

        Parallel.Invoke(() => action(true), () => action(false));
    }

    private void Pyramid(DecodedImage frame, bool isFirst)
    {
        for (int number = 0; number < _levels.Length; number++)
        {
            GreyPlane plane = isFirst ? _levels[number].First : _levels[number].Second;
            if (number == 0)
            {
                plane.Fill(frame);
            }
            else
            {
                plane.FillFromHalving(isFirst ? _levels[number - 1].First : _levels[number - 1].Second);
            }
        }
    }

    private static void Start(Direction here, Direction? above)
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

    /// <summary>Doubles a flow in size and in length, bilinearly.</summary>
    private void Enlarge(Direction from, Direction to)
    {
        _bands.Run(to.U.Height, (first, last) =>
        {
            Enlarge(from.U, to.U, first, last);
            Enlarge(from.V, to.V, first, last);
        });
    }

    private static void Enlarge(PaddedPlane from, PaddedPlane to, int first, int last)
    {
        for (int y = first; y < last; y++)
        {
            float down = Math.Clamp((y * 0.5f) - 0.25f, 0, from.Height - 1);
            int top = Math.Min((int)down, Math.Max(0, from.Height - 2));
            float share = down - top;
            ReadOnlySpan<float> above = from.RowSpan(top), below = from.RowSpan(Math.Min(top + 1, from.Height - 1));
            Span<float> row = to.RowSpan(y);
            for (int x = 0; x < row.Length; x++)
            {
                float across = Math.Clamp((x * 0.5f) - 0.25f, 0, from.Width - 1);
                int left = Math.Min((int)across, Math.Max(0, from.Width - 2));
                float portion = across - left;
                int right = Math.Min(left + 1, from.Width - 1);
                float upper = above[left] + ((above[right] - above[left]) * portion);
                float lower = below[left] + ((below[right] - below[left]) * portion);
                row[x] = 2 * (upper + ((lower - upper) * share));
            }
        }
    }

    private sealed class Direction(int width, int height, int stride)
    {
        public PatchSearch Search { get; } = new(width, height, stride);

        public PaddedPlane U { get; } = new(width, height);

        public PaddedPlane V { get; } = new(width, height);

        public PaddedPlane Weight { get; } = new(width, height);
    }

    private sealed class Level(int width, int height, int stride)
    {
        private FlowSmoothing? _back;

        public GreyPlane First { get; } = new(width, height);

        public GreyPlane Second { get; } = new(width, height);

        public Direction Forward { get; } = new(width, height, stride);

        public Direction Backward { get; } = new(width, height, stride);

        public FlowSmoothing Smoothing { get; } = new(width, height);

        public FlowSmoothing BackSmoothing => _back ??= new(width, height);
    }
}
