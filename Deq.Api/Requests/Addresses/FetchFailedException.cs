namespace Deq.Api.Requests.Addresses;

/// <summary>A try to fetch an image failed. The message tells a client nothing of hosts that it must not know: one that does not exist, refuses and is forbidden reads alike.</summary>
internal sealed class FetchFailedException(string outcome, string message, bool mayPass, Exception? inner = null) : Exception(message, inner)
{
    public const string Unreachable = "its host cannot be reached";

    /// <summary>How the try ended, for measurements.</summary>
    public string Outcome => outcome;

    /// <summary>Whether another try may do better.</summary>
    public bool MayPass => mayPass;

    /// <summary>What a failure of the connection means.</summary>
    public static FetchFailedException Of(Exception fault) => IsForbidden(fault)
        ? new FetchFailedException("forbidden", Unreachable, mayPass: false, fault)
        : new FetchFailedException("broken", Unreachable, mayPass: true, fault);

    /// <exception cref="FetchFailedException">The answer is no success.</exception>
    public static void Require(HttpResponseMessage response)
    {
        int status = (int)response.StatusCode;
        if (!response.IsSuccessStatusCode)
        {
            throw new FetchFailedException(
                "status", $"its host answers with {status}{(status is >= 300 and < 400 ? ", and redirects are not followed" : "")}", mayPass: status is 502 or 503 or 504);
        }
    }

    private static bool IsForbidden(Exception? fault) => fault is ForbiddenAddressException || (fault is not null && IsForbidden(fault.InnerException));
}
