using Deq.Api.Problems;

namespace Deq.Api.Requests;

/// <summary>Answers what endpoints throw, or notes that no client is left to be answered.</summary>
internal static class CaughtProblems
{
    /// <summary>Catches the problems that the endpoints of a group throw.</summary>
    public static TBuilder CatchProblems<TBuilder>(this TBuilder routes)
        where TBuilder : IEndpointConventionBuilder => routes.AddEndpointFilter(async (context, next) =>
        {
            HttpContext http = context.HttpContext;
            try
            {
                return await next(context);
            }
            catch (ProblemException problem)
            {
                if (ClientConnection.GoneOf(http).IsCancellationRequested)
                {
                    http.NoteClientGone();
                }
                else
                {
                    await http.WriteProblemAsync(problem);
                }
            }
            catch (BadHttpRequestException slow) when (slow.StatusCode == StatusCodes.Status408RequestTimeout)
            {
                await http.WriteProblemAsync(ProblemKinds.BodyTooSlow, "The body comes more slowly than the server's least rate.");
            }
            catch (OperationCanceledException) when (ClientConnection.GoneOf(http).IsCancellationRequested || http.RequestAborted.IsCancellationRequested)
            {
                http.NoteClientGone();
            }

            return Results.Empty;
        });
}
