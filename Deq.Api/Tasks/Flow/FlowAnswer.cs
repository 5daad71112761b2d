using Deq.Api.Solving;

namespace Deq.Api.Tasks.Flow;

/// <summary>The answer for two frames.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The model's own version.</param>
/// <param name="Sha256">Names the exact contents of the model's bundle.</param>
/// <param name="Flow">What the flow shows on the whole.</param>
/// <param name="Solve">How the flow was found.</param>
internal sealed record FlowAnswer(string Model, string Version, string Sha256, FlowStatistics Flow, SolveReport Solve);
