using Deq.Api.Access;
using Deq.Api.Problems;
using Deq.Api.Settings;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.Net.Http.Headers;

namespace Deq.Api.Requests;

/// <summary>Serves no page of another site that a browser on this machine has open: neither by a name that was bent to this address, nor by a socket.</summary>
internal static class TrustedHosts
{
    /// <summary>Hosts that requests may name, as the framework has it.</summary>
    public const string HostsKey = "AllowedHosts";

    /// <summary>Origins beside the server's own whose pages may open sockets and read answers, separated by semicolons; <c>*</c> is any.</summary>
    public const string OriginsKey = "AllowedOrigins";

    private static readonly string[] s_loopback = ["localhost", "127.0.0.1", "[::1]"];

    /// <summary>Where the server listens on the loopback address alone, requests must name it, unless <see cref="HostsKey"/> says otherwise.</summary>
    /// <remarks>Elsewhere the server cannot know by which names it is reached.</remarks>
    /// <param name="builder">The server's.</param>
    /// <param name="addresses">Where it listens, at least one; requests may name the hosts of these too.</param>
    public static void AddTrustedHosts(this WebApplicationBuilder builder, IReadOnlyList<string> addresses)
    {
        string?[] own = [.. addresses.Select(ListenAddress.LoopbackHostOf)];
        builder.AddSettings<OriginSettings>(OriginSettings.Section);

        // Before the framework's own filter, which refuses hosts with a status alone.
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IStartupFilter, RefusedHosts>());
        builder.Services.AddCors().Configure<HostFilteringOptions>(options =>
        {
            options.IncludeFailureMessage = false;
            if (own.All(host => host is not null) && string.IsNullOrEmpty(builder.Configuration[HostsKey]))
            {
                options.AllowedHosts = [.. s_loopback.Union(own.OfType<string>(), StringComparer.OrdinalIgnoreCase)];
            }
        });

        // Where hosts are listed, none is not one of them. Where any is taken, HTTP/1.0 may name none.
        builder.Services.PostConfigure<HostFilteringOptions>(options => options.AllowEmptyHosts = options.AllowedHosts.Contains("*"));
    }

    /// <summary>Lets pages of <see cref="OriginsKey"/> read the answers to requests that they make, with keys but without what browsers keep (CORS).</summary>
    public static void UseCallingPages(this WebApplication app)
    {
        IReadOnlyList<string> trusted = OriginsOf(app);
        if (trusted.Count == 0)
        {
            return;
        }

        app.UseCors(policy => policy
            .WithOrigins([.. trusted])
            .AllowAnyHeader()
            .WithMethods(HttpMethods.Get, HttpMethods.Post, HttpMethods.Put, HttpMethods.Delete)
            .WithExposedHeaders("*"));
    }

    /// <summary>Refuses sockets that a page of another origin opens: browsers let any page open them, and say in a header which one it is.</summary>
    public static void UseTrustedOrigins(this WebApplication app)
    {
        IReadOnlyList<string> trusted = OriginsOf(app);
        app.Use((http, next) => Credentials.IsSocket(http.Request) && !IsTrusted(http.Request, trusted)
            ? http.WriteProblemAsync(ProblemKinds.OriginNotAllowed, $"The page that opens the socket is of another origin; {OriginsKey} lists those that may.")
            : next(http));
    }

    private static IReadOnlyList<string> OriginsOf(WebApplication app) => app.Services.GetRequiredService<OriginSettings>().All;

    private static bool IsTrusted(HttpRequest request, IReadOnlyList<string> trusted)
    {
        const string Scheme = "://";
        string origin = request.Headers[HeaderNames.Origin].ToString();
        int host = origin.IndexOf(Scheme, StringComparison.Ordinal);
        return request.Headers.Origin.Count == 0
            || trusted.Any(each => each == "*" || each.Equals(origin, StringComparison.OrdinalIgnoreCase))
            || (host >= 0 && request.Host.HasValue && origin[(host + Scheme.Length)..].Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Gives refused hosts a problem.</summary>
    private sealed class RefusedHosts : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.UseBareStatuses();
            next(app);
        };
    }
}
