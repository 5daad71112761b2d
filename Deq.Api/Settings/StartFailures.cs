using System.Net.Sockets;

namespace Deq.Api.Settings;

/// <summary>Says in one sentence each what kept the server from starting, whatever part of it that was.</summary>
internal static class StartFailures
{
    /// <summary>The faults to report; null where the exception is no failure to start.</summary>
    /// <param name="fault">What ended the start.</param>
    /// <param name="configuration">The server's, once it was read.</param>
    public static StartupException? Of(Exception fault, IConfiguration? configuration) => fault switch
    {
        SocketException => new StartupException($"Listening on {AddressesOf(configuration)} fails: {Sentence(fault)}"),
        StartupException faults => faults,
        HostAbortedException or OperationCanceledException => null,
        AggregateException several => new StartupException([.. several.Flatten().InnerExceptions.Select(Sentence).Distinct(StringComparer.Ordinal)]),
        _ => new StartupException(Sentence(fault)),
    };

    /// <summary>The framework does not say which address it could not listen on.</summary>
    private static string AddressesOf(IConfiguration? configuration) =>
        string.Join(" or ", (configuration is null ? [] : ListenAddress.AllIn(configuration)).Where(address => address.Length > 0));

    /// <summary>The messages from the outermost to the innermost, each once, in one line.</summary>
    private static string Sentence(Exception fault)
    {
        List<string> messages = [];
        for (Exception? each = fault; each is not null; each = each.InnerException)
        {
            string message = string.Join(' ', each.Message.Split((char[])['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
            if (!messages.Any(earlier => earlier.Contains(message.TrimEnd('.'), StringComparison.OrdinalIgnoreCase)))
            {
                messages.Add(message.TrimEnd('.'));
            }
        }

        return string.Join(": ", messages) + ".";
    }
}
