using Deq.Api.Problems;

namespace Deq.Api.Fronts.OpenInference;

/// <summary>Problems as clients of the protocol read them: what is wrong in one text, named <c>error</c>.</summary>
internal static class ProtocolErrors
{
    private const string Root = "/v2";

    private static readonly ProblemText s_error = new("error", TextOf);

    /// <summary>Adds the text to every problem below <c>/v2</c>, that of an unknown path among them.</summary>
    public static void Use(WebApplication app) => app.Use((http, next) =>
    {
        if (http.Request.Path.StartsWithSegments(Root, StringComparison.Ordinal))
        {
            http.Features.Set(s_error);
        }

        return next(http);
    });

    /// <summary>Clients look for how the text of an unknown model begins.</summary>
    public static string TextOf(ProblemException problem) =>
        problem.Kind == ProblemKinds.ModelNotFound ? $"Request for unknown model: {problem.Message}" : problem.Message;
}
