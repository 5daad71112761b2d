using Microsoft.Extensions.Logging.Console;

namespace Deq.Api.Fronts.Web;

/// <summary>What the log says unless configuration says otherwise.</summary>
internal static class Logs
{
    private const string Framework = "Microsoft.AspNetCore";

    /// <summary>Says of every client that leaves during its call that it did, twice, with stack traces.</summary>
    private const string Rpc = "Grpc";

    /// <summary>Says that a connection was refused for the number there are: a line per attempt.</summary>
    private const string Connections = Framework + ".Server.Kestrel.Connections";

    /// <summary>Start-up faults are reported without stack traces, and the framework's lines per step of a request are left out.</summary>
    public static void ConfigureLogs(this WebApplicationBuilder builder)
    {
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        if (builder.Configuration[$"Logging:LogLevel:{Framework}"] is null)
        {
            builder.Logging.AddFilter(Framework, LogLevel.Warning);
            builder.Logging.AddFilter(Connections, LogLevel.Error);
        }

        if (builder.Configuration[$"Logging:LogLevel:{Rpc}"] is null)
        {
            builder.Logging.AddFilter(Rpc, LogLevel.Warning);
        }

        // Where what reads the output is stuck, threads that log would wait for it, one after the other until none is left. Lines are dropped instead, and the
        // next one that is written says how many.
        if (builder.Configuration["Logging:Console:QueueFullMode"] is null)
        {
            builder.Services.Configure<ConsoleLoggerOptions>(console => console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite);
        }
    }
}
