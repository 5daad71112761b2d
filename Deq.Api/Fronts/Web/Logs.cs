namespace Deq.Api.Fronts.Web;

/// <summary>What the log says unless configuration says otherwise.</summary>
internal static class Logs
{
    private const string Framework = "Microsoft.AspNetCore";

    /// <summary>Start-up faults are reported without stack traces, and the framework's lines per step of a request are left out.</summary>
    public static void ConfigureLogs(this WebApplicationBuilder builder)
    {
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        if (builder.Configuration[$"Logging:LogLevel:{Framework}"] is null)
        {
            builder.Logging.AddFilter(Framework, LogLevel.Warning);
        }
    }
}
