using System.Security.Claims;
using System.Security.Cryptography;
using Deq.Api.Settings;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Deq.Api.Access;

/// <summary>Takes JSON Web Tokens of one issuer.</summary>
internal static class Tokens
{
    /// <summary>After which keys of an issuer are asked for again: the longest that a key counts which was withdrawn.</summary>
    private static readonly TimeSpan s_renewAfter = TimeSpan.FromHours(1);

    /// <summary>The shortest time between two questions for keys that tokens name and the issuer has not published.</summary>
    private static readonly TimeSpan s_askAgainAfter = TimeSpan.FromSeconds(30);

    /// <summary>The longest that an issuer may take to answer.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>How far the clocks of an issuer and of this machine may be apart.</summary>
    private static readonly TimeSpan s_skew = TimeSpan.FromSeconds(30);

    /// <summary>Has tokens read as the settings say.</summary>
    /// <exception cref="StartupException">The issuer's keys cannot be read.</exception>
    public static void AddTokens(this WebApplicationBuilder builder)
    {
        if (!builder.Configuration.GetSection("Access:Jwt").Exists())
        {
            return;
        }

        builder.Services.AddAuthentication().AddJwtBearer();
        OptionsBuilder<JwtBearerOptions> bearer = builder.Services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme);
        bearer.PostConfigure(options =>
        {
            // The library would take a key for an hour after its issuer has withdrawn it.
            if (options.ConfigurationManager is BaseConfigurationManager keys)
            {
                keys.UseLastKnownGoodConfiguration = false;
            }
        });
        bearer.Configure<AccessSettings, TimeProvider>((options, access, clock) =>
        {
            if (access.Tokens is { } tokens)
            {
                Configure(options, tokens);
                options.BackchannelHttpHandler = new IssuerCalls(new SocketsHttpHandler { PooledConnectionLifetime = s_renewAfter }, clock, s_patience);
            }
        });
    }

    /// <summary>Whether a secret has the form of a token.</summary>
    public static bool IsToken(string secret) => secret.Count(letter => letter == '.') == 2;

    /// <summary>Whose a token is.</summary>
    public static async Task<TokenReading> ReadAsync(HttpContext http, TokenSettings settings)
    {
        AuthenticateResult result = await http.AuthenticateAsync(JwtBearerDefaults.AuthenticationScheme);
        if (result is { Succeeded: true, Principal: ClaimsPrincipal principal, Properties: { } properties })
        {
            Roles roles = principal.FindAll(settings.RolesClaim).Aggregate(Roles.None, (all, claim) => all | RoleNames.Read(claim.Value).Roles);
            return principal.FindFirstValue(settings.NameClaim) is { Length: > 0 } name
                ? new TokenReading(TokenKind.Valid, Caller.OfToken(name, roles, settings.Weight, settings.Quota) with { Until = EndOf(properties.ExpiresUtc) })
                : new TokenReading(TokenKind.Guess);
        }

        return new TokenReading(result.Failure switch
        {
            SecurityTokenExpiredException or SecurityTokenNotYetValidException => TokenKind.Stale,

            // An issuer signs with a new key before it is fetched here; without it nothing can be guessed. The library says the same where it could fetch none.
            SecurityTokenSignatureKeyNotFoundException when settings.Authority is not null => await HasKeysAsync(http) ? TokenKind.Stale : TokenKind.Unknown,
            InvalidOperationException or IOException or HttpRequestException => TokenKind.Unknown,
            _ => TokenKind.Guess,
        });
    }

    /// <summary>When a token is no longer taken; null where that is beyond any date, as of tokens that are to last for ever.</summary>
    private static DateTimeOffset? EndOf(DateTimeOffset? expires) => expires < DateTimeOffset.MaxValue - s_skew ? expires + s_skew : null;

    /// <summary>Whether the keys of the issuer have been fetched, or can be.</summary>
    private static async Task<bool> HasKeysAsync(HttpContext http)
    {
        JwtBearerOptions options = http.RequestServices.GetRequiredService<IOptionsMonitor<JwtBearerOptions>>().Get(JwtBearerDefaults.AuthenticationScheme);
        try
        {
            return options.ConfigurationManager is { } keys && await keys.GetConfigurationAsync(http.RequestAborted) is not null;
        }
        catch (Exception fault) when (fault is InvalidOperationException or IOException or HttpRequestException)
        {
            return false;
        }
    }

    private static void Configure(JwtBearerOptions options, TokenSettings tokens)
    {
        options.MapInboundClaims = false;
        options.Authority = tokens.Authority;

        // The settings take http on the loopback address alone.
        options.RequireHttpsMetadata = false;
        (options.AutomaticRefreshInterval, options.RefreshInterval) = (s_renewAfter, s_askAgainAfter);
        options.TokenValidationParameters = new TokenValidationParameters
        {
            // The library would also take the issuer that the authority's document names.
            IssuerValidator = (issuer, _, _) => issuer == tokens.Issuer ? issuer : throw new SecurityTokenInvalidIssuerException("The token is of another issuer."),
            ValidAudience = tokens.Audience,
            IssuerSigningKeys = tokens.KeysFile is { } file ? KeysOf(file) : null,
            RequireExpirationTime = true,
            ClockSkew = s_skew,
        };
        options.Events = new JwtBearerEvents
        {
            // The same places as of keys; what is no token is left to them.
            OnMessageReceived = context =>
            {
                context.Token = Credentials.Of(context.Request) is { Secret: { } secret } && IsToken(secret) ? secret : null;
                if (context.Token is null)
                {
                    context.NoResult();
                }

                return Task.CompletedTask;
            },

            // RFC 7515: who does not understand what a token calls critical refuses it, and here nothing of that is understood.
            OnTokenValidated = context =>
            {
                if (context.SecurityToken is JsonWebToken token && token.TryGetHeaderValue("crit", out object? _))
                {
                    context.Fail("The token calls something critical that is not understood.");
                }

                return Task.CompletedTask;
            },
        };
    }

    /// <summary>The public keys in a file.</summary>
    /// <exception cref="StartupException">The file cannot be read, or holds no public key.</exception>
    public static SecurityKey[] KeysOf(string file)
    {
        try
        {
            string text = Runtime.Models.RegularFile.ReadAllText(file);
            if (!text.Contains("-----BEGIN", StringComparison.Ordinal))
            {
                // A key that is in no set is read as a set without keys, by which no token would ever be let in.
                SecurityKey[] keys = [.. new JsonWebKeySet(text).GetSigningKeys()];
                return keys.Length > 0 ? keys : throw new StartupException(
                    $"Access:Jwt:KeysFile is '{file}', which holds no public key; it must be a JSON Web Key Set ({{\"keys\":[…]}}), or one key as PEM.");
            }

            var rsa = RSA.Create();
            try
            {
                rsa.ImportFromPem(text);
                return [new RsaSecurityKey(rsa)];
            }
            catch (Exception fault) when (fault is CryptographicException or ArgumentException)
            {
                rsa.Dispose();
                var curve = ECDsa.Create();
                curve.ImportFromPem(text);
                return [new ECDsaSecurityKey(curve)];
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new StartupException($"Access:Jwt:KeysFile is '{file}', which cannot be read: {fault.Message}", fault);
        }
    }
}
