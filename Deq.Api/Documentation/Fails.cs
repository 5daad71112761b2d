using Deq.Api.Problems;

namespace Deq.Api.Documentation;

/// <summary>Endpoint metadata: the problems that an endpoint can answer with.</summary>
internal sealed record Fails(IReadOnlyList<ProblemKind> Kinds);

internal static class FailsExtensions
{
    /// <summary>Says which problems an endpoint can answer with; the API document lists them with an example each.</summary>
    public static TBuilder CanFail<TBuilder>(this TBuilder routes, params ProblemKind[] kinds)
        where TBuilder : IEndpointConventionBuilder => routes.WithMetadata(new Fails(kinds));
}
