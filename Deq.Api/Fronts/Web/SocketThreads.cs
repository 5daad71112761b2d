using System.Reflection;

namespace Deq.Api.Fronts.Web;

/// <summary>On which threads the runtime continues after a socket has received something.</summary>
internal static class SocketThreads
{
    /// <summary>The runtime's variable; <c>0</c> leaves everything to the thread pool.</summary>
    private const string InlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>
    /// On the threads that wait for sockets, one per processor, instead of by way of the thread pool. Handlers only parse and wait, so they hold up
    /// no other connection. Before the first socket, and only where the process is this server's own; what the operator has set stays.
    /// </summary>
    public static void GoOnInline()
    {
        if (Assembly.GetEntryAssembly() == typeof(SocketThreads).Assembly && Environment.GetEnvironmentVariable(InlineCompletions) is null)
        {
            Environment.SetEnvironmentVariable(InlineCompletions, "1");
        }
    }
}
