using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Imaging;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks.Flow;
using Deq.Runtime.Tasks.Flow.FirstGuess;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Export.Tasks.Flow.Evaluation;

/// <summary>Solves one pair after the other with a flow model, through the lane and the loop that serve, from any start.</summary>
/// <remarks>Holds the memory of one frame size at a time. Not thread-safe.</remarks>
/// <param name="bundle">A flow model; stays the caller's.</param>
/// <param name="method">How the next iterate is proposed.</param>
/// <param name="threads">Threads that share one run of a graph, at least 1.</param>
internal sealed class FlowSolver(ModelBundle bundle, IFixedPointMethod method, int threads) : IDisposable
{
    private readonly FrameSizes _sizes = bundle.Manifest.Input.Sizes ?? throw new ArgumentException("The model takes no frames of free size.", nameof(bundle));
    private readonly PairThreads _threads = new(threads);
    private readonly FlowState _state = FlowState.Of(bundle.Manifest);
    private FlowInput? _frames;
    private (int Width, int Height) _frame;
    private OnnxLane? _lane;
    private RunningBatch? _batch;
    private float[] _output = [];
    private float[] _cold = [];
    private float[] _input = [];

    /// <summary>How the state lies in memory at the present size.</summary>
    public FlowStateLayout Layout { get; private set; }

    /// <summary>The memory of the lane at the present size: inputs, injections, states and answers.</summary>
    public long LaneBytes => _lane?.Bytes ?? 0;

    /// <summary>Takes in a pair.</summary>
    /// <param name="first">The frame whose pixels move.</param>
    /// <param name="second">Of the same size.</param>
    /// <param name="last">What a stream would know of the pair before, of the same size; null where there is none. Default null.</param>
    /// <returns>What the next pair of a stream starts from, but for the state that is found.</returns>
    /// <exception cref="ArgumentException">The sizes differ, or the model takes no frames of that size.</exception>
    public FlowOpening Encode(DecodedImage first, DecodedImage second, LastPair? last = null)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (FramePair.Refusal(first.Width, first.Height, second.Width, second.Height, bundle.Manifest.Input) is { } refusal)
        {
            throw new ArgumentException(refusal, nameof(second));
        }

        Prepare(first.Width, first.Height);
        _input = new float[Model.InputLength];
        _cold = new float[Layout.Length];
        FlowOpening opening = (_frames ??= new FlowInput(bundle.Manifest.Input, _threads)).Open(first, second, _input, _state, last?.State, last?.MostLost ?? 1, _cold);
        _lane!.Encode(_input, 0);
        return opening;
    }

    /// <summary>Solves the pair taken in last.</summary>
    /// <param name="grant">What it may spend; the tolerance is in pixels.</param>
    /// <param name="start">A state of <see cref="Layout"/>, or nothing for where the pair starts by itself: the guess, or the model's own start.</param>
    /// <param name="watch">Called after each evaluation; null looks at none.</param>
    /// <exception cref="ArgumentException">The start has another length.</exception>
    public FlowSolve Solve(RowGrant grant, ReadOnlySpan<float> start, WatchIterate? watch = null)
    {
        RunningBatch batch = _batch ?? throw new InvalidOperationException("No pair has been taken in.");
        if (start.Length > 0)
        {
            Match(start);
        }

        batch.Join(grant, out int row);
        if (start.Length > 0)
        {
            _lane!.Start(batch.IterateSlot, row, start);
        }
        else if (!_frames!.IsGuessed)
        {
            _lane!.Start(batch.IterateSlot, row);
        }
        else
        {
            _lane!.Start(batch.IterateSlot, row, _cold);
        }

        while (true)
        {
            batch.Step();
            RowStanding standing = batch.Standing(row);
            bool isFinished = batch.Finished.Count > 0;
            Span<float> best = _lane.Space.Row(isFinished ? batch.Finished[0].Slot : standing.Slot, row);
            watch?.Invoke(standing.Evaluations, standing.Residual, best);
            if (isFinished)
            {
                var solve = new FlowSolve(batch.Finished[0].Solution, best.ToArray());
                batch.Release();
                return solve;
            }
        }
    }

    /// <summary>The flow that a state stands for, of the frames' own size.</summary>
    /// <param name="state">A state of <see cref="Layout"/>.</param>
    /// <exception cref="InvalidDataException">It is not finite.</exception>
    public FlowField Decode(ReadOnlySpan<float> state)
    {
        Match(state);
        _lane!.DecodeRows(state, 1, _output);
        return EstimatedFlow.Read(_output, _frame.Width, _frame.Height, _sizes) ?? throw new InvalidDataException("The model gave a flow that is not finite.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _lane?.Dispose();
        _threads.Dispose();
    }

    private OnnxModel Model => bundle.ModelWith(threads).At(_sizes.ShapeOf(_frame.Height, _frame.Width));

    private void Prepare(int width, int height)
    {
        if (_lane is not null && _frame == (width, height))
        {
            return;
        }

        _lane?.Dispose();
        _frame = (width, height);
        Layout = FlowStateLayout.Of(FlowState.Of(bundle.Manifest), _sizes.ShapeOf(height, width));
        _lane = Model.OpenLane(1);
        _output = new float[Model.OutputLength];
        _batch = new RunningBatch(_lane.Space, _lane, method, TimeProvider.System, _lane.Residual);
    }

    private void Match(ReadOnlySpan<float> state)
    {
        if (state.Length != Layout.Length)
        {
            throw new ArgumentException($"The state has {state.Length} numbers; the model needs {Layout.Length}.", nameof(state));
        }
    }
}

/// <summary>How one solve ended.</summary>
/// <param name="Solution">Evaluations, residual in pixels, and why it stopped.</param>
/// <param name="State">The best iterate.</param>
internal sealed record FlowSolve(RowSolution Solution, float[] State);
