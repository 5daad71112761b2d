using System.Runtime.CompilerServices;
using Deq.Api.Models;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Api.Tasks.Flow;

/// <summary>What fills the inputs of each flow estimator that is served, with the buffers of its guesses; gone with the model's engine.</summary>
internal sealed class FlowInputs
{
    private const int MostThreads = 4;

    private readonly ConditionalWeakTable<InferenceEngine, GuidedModel> _models = [];

    /// <summary>The input of a model; the same for requests and streams.</summary>
    /// <param name="model">A flow estimator.</param>
    public GuidedModel Of(ServedModel model) => _models.GetValue(
        model.Engine,
        _ => new GuidedModel(new FlowInput(model.Manifest.Input, Math.Min(MostThreads, Environment.ProcessorCount)), FlowState.Of(model.Manifest)));
}

/// <summary>A flow estimator, as far as its input and its starts go.</summary>
/// <param name="Frames">Fills the input.</param>
/// <param name="State">What its states hold.</param>
internal sealed record GuidedModel(FlowInput Frames, FlowState State);
