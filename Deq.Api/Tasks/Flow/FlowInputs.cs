using System.Runtime.CompilerServices;
using Deq.Api.Models;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Tasks.Flow;
using Deq.Runtime.Tasks.Flow.FirstGuess;

namespace Deq.Api.Tasks.Flow;

/// <summary>What fills the inputs of each flow estimator that is served. All share the same threads and, between pairs, the same buffers of guesses.</summary>
/// <param name="settings">By what they say lanes may take, idle buffers are kept.</param>
internal sealed class FlowInputs(ModelSettings settings) : IDisposable
{
    private const int MostThreads = 4;

    /// <summary>Idle buffers take so many times fewer bytes than lanes may.</summary>
    private const int TimesFewer = 8;

    private readonly ConditionalWeakTable<InferenceEngine, GuidedModel> _models = [];
    private readonly GuessBuffers _buffers = new(new PairThreads(Math.Min(MostThreads, Environment.ProcessorCount)), IdleBytes(settings.Engine.Memory));

    /// <summary>The most bytes of the idle buffers of all models together.</summary>
    /// <param name="lanes">What lanes may take.</param>
    public static long IdleBytes(LaneMemory lanes) => Math.Min(GuessBuffers.UsualBytes, lanes.Limit / TimesFewer);

    /// <summary>The input of a model; the same for requests and streams.</summary>
    /// <param name="model">A flow estimator.</param>
    public GuidedModel Of(ServedModel model) => _models.GetValue(
        model.Engine,
        _ => new GuidedModel(new FlowInput(model.Manifest.Input, _buffers), FlowState.Of(model.Manifest)));

    public void Dispose() => _buffers.Threads.Dispose();
}

/// <summary>A flow estimator, as far as its input and its starts go.</summary>
/// <param name="Frames">Fills the input.</param>
/// <param name="State">What its states hold.</param>
internal sealed record GuidedModel(FlowInput Frames, FlowState State);
