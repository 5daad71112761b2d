using System.Runtime.CompilerServices;
using Deq.Api.Models;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Tasks.Flow;
using Deq.Runtime.Tasks.Flow.FirstGuess;

namespace Deq.Api.Tasks.Flow;

/// <summary>What fills the inputs of each flow estimator that is served. The buffers of its guesses are dropped with the model's engine; all share the same threads.</summary>
internal sealed class FlowInputs : IDisposable
{
    private const int MostThreads = 4;

    private readonly ConditionalWeakTable<InferenceEngine, GuidedModel> _models = [];
    private readonly PairThreads _threads = new(Math.Min(MostThreads, Environment.ProcessorCount));

    /// <summary>The input of a model; the same for requests and streams.</summary>
    /// <param name="model">A flow estimator.</param>
    public GuidedModel Of(ServedModel model) => _models.GetValue(
        model.Engine,
        _ => new GuidedModel(new FlowInput(model.Manifest.Input, _threads), FlowState.Of(model.Manifest)));

    public void Dispose() => _threads.Dispose();
}

/// <summary>A flow estimator, as far as its input and its starts go.</summary>
/// <param name="Frames">Fills the input.</param>
/// <param name="State">What its states hold.</param>
internal sealed record GuidedModel(FlowInput Frames, FlowState State);
