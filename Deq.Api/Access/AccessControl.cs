using Deq.Api.Problems;
using Deq.Api.Settings;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Deq.Api.Access;

/// <summary>Lets in who may come: finds out whose request it is, and refuses it where the client must not do what it asks for.</summary>
/// <param name="settings">Who may come in.</param>
/// <param name="keys">The keys that are taken.</param>
/// <param name="guesses">Bounds wrong keys.</param>
/// <param name="usage">Counts what keys ask for.</param>
/// <param name="clientHeader">The header that names clients where a proxy stands in front; null: the address does.</param>
internal sealed class AccessControl(AccessSettings settings, KeyRing keys, GuessLimit guesses, KeyUsage usage, string? clientHeader)
{
    /// <summary>Both ways of showing a key; the second has browsers ask for it.</summary>
    private static readonly string[] s_challenges = ["Bearer realm=\"deq\"", "Basic realm=\"deq\", charset=\"UTF-8\""];

    /// <summary>Handles a request of a client that may make it.</summary>
    public async Task HandleAsync(HttpContext http, RequestDelegate next)
    {
        Roles? required = http.GetEndpoint()?.Metadata.GetMetadata<RequiredRoles>()?.Roles;
        if (required == Roles.None || Caller.Of(http) == Caller.Server)
        {
            await next(http);
            return;
        }

        if (await IdentifyAsync(http) is { } problem)
        {
            await RefuseAsync(http, problem);
            return;
        }

        Caller caller = Caller.Of(http)!;
        if (required is { } roles && (roles & caller.Roles) == Roles.None)
        {
            await http.WriteProblemAsync(ProblemKinds.Forbidden, $"This needs the role {RoleNames.Of(roles)}, which the key does not have.");
            usage.Asked(caller, ProblemStatus.Of(http));
            return;
        }

        await next(http);
        usage.Asked(caller, ProblemStatus.Of(http));
    }

    /// <summary>Finds out whose request it is, or why that cannot be said.</summary>
    private async Task<ProblemException?> IdentifyAsync(HttpContext http)
    {
        if (Credentials.Of(http.Request) is not { } shown)
        {
            return new ProblemException(ProblemKinds.Unauthorized, $"Show a key, as 'Authorization: Bearer …' or '{Credentials.KeyHeader}: …'.");
        }

        string network = ClientAddress.Of(http, clientHeader);
        if (guesses.IsSpent(network))
        {
            return new ProblemException(ProblemKinds.TooManyGuesses, "Too many wrong keys came from this network.").WithRetryAfter(GuessLimit.Refill);
        }

        if (shown.IsAmbient && IsOfAnotherSite(http.Request))
        {
            return new ProblemException(ProblemKinds.OriginNotAllowed, "A page of another origin makes the request with a password that the browser keeps.");
        }

        TokenReading read = keys.Find(shown.Secret) is { } key ? new TokenReading(TokenKind.Valid, Caller.Of(key))
            : settings.Tokens is { } tokens && Tokens.IsToken(shown.Secret) ? await Tokens.ReadAsync(http, tokens)
            : new TokenReading(TokenKind.Guess);
        if (read.Kind == TokenKind.Unknown)
        {
            return new ProblemException(ProblemKinds.IssuerUnavailable, "The keys of the tokens' issuer cannot be fetched, so nothing is known of the token.").WithRetryAfter(IssuerCalls.AskAgainAfter);
        }

        if (read.Caller is not { } caller)
        {
            if (read.Kind == TokenKind.Guess)
            {
                guesses.Note(network);
            }

            return new ProblemException(ProblemKinds.Unauthorized, "The key is not known, or the token is not valid.");
        }

        http.Features.Set(caller);
        return null;
    }

    /// <summary>Whether a page of another origin makes the request: then what a browser adds by itself proves nothing.</summary>
    private static bool IsOfAnotherSite(HttpRequest request)
    {
        string origin = request.Headers[HeaderNames.Origin].ToString();
        return request.Headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site"
            || (origin.Length > 0 && !(Uri.TryCreate(origin, UriKind.Absolute, out Uri? page) && page.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase)));
    }

    private static Task RefuseAsync(HttpContext http, ProblemException problem)
    {
        if (problem.Kind == ProblemKinds.Unauthorized)
        {
            http.Response.Headers.WWWAuthenticate = s_challenges;
        }

        return http.WriteProblemAsync(problem);
    }
}

internal static class AccessServing
{
    /// <summary>Registers who may come in.</summary>
    public static void AddAccess(this WebApplicationBuilder builder)
    {
        builder.AddSettings<AccessSettings>(AccessSettings.Section);
        builder.Services.AddSingleton<KeyRing>();
        builder.Services.AddSingleton<GuessLimit>();
        builder.Services.AddSingleton<KeyUsage>();
        builder.Services.AddSingleton<ClientQuotas>();
        builder.AddTokens();
    }

    /// <summary>Lets in who may come, where anything is set; must stand after routing.</summary>
    /// <param name="app">The server.</param>
    /// <param name="clientHeader">The header that names clients; null: the address does.</param>
    public static void UseAccess(this WebApplication app, string? clientHeader)
    {
        AccessSettings settings = app.Services.GetRequiredService<AccessSettings>();
        if (!settings.IsOn)
        {
            app.Lifetime.ApplicationStarted.Register(() => WarnWhereOpen(app));
            return;
        }

        IServiceProvider services = app.Services;
        if (settings.Tokens is not null)
        {
            // Keys that cannot be read are to be seen now, not at the first request.
            services.GetRequiredService<IOptionsMonitor<JwtBearerOptions>>().Get(JwtBearerDefaults.AuthenticationScheme);
        }

        var access = new AccessControl(
            settings, services.GetRequiredService<KeyRing>(), services.GetRequiredService<GuessLimit>(), services.GetRequiredService<KeyUsage>(), clientHeader);
        app.Use(access.HandleAsync);
    }

    /// <summary>Warns where other machines can reach a server that asks for no key.</summary>
    private static void WarnWhereOpen(WebApplication app)
    {
        string[] open = [.. app.Urls.Where(url => !(Uri.TryCreate(url, UriKind.Absolute, out Uri? address) && address.IsLoopback))];
        if (open.Length > 0)
        {
            app.Logger.LogWarning(
                "Listening on {Addresses} without access control: every client that reaches them may use the models. Access:Keys, Access:KeysFile or Access:Jwt restrict it",
                string.Join(", ", open));
        }
    }
}
