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
        bearer.Configure<AccessSettings>((options, access) =>
        {
            if (access.Tokens is { } tokens)
            {
                Configure(options, tokens);
            }
        });
    }

    /// <summary>Whether a secret has the form of a token.</summary>
    public static bool IsToken(string secret) => secret.Count(letter => letter == '.') == 2;

    /// <summary>The client of a valid token; null of any other, and whether that one is a guess: one whose time is over was given, and of an issuer that cannot be asked nothing is known.</summary>
    public static async Task<(Caller? Caller, bool IsGuess)> ReadAsync(HttpContext http, TokenSettings settings)
    {
        AuthenticateResult result = await http.AuthenticateAsync(JwtBearerDefaults.AuthenticationScheme);
        if (result is not { Succeeded: true, Principal: ClaimsPrincipal principal } || principal.FindFirstValue(settings.NameClaim) is not { Length: > 0 } name)
        {
            // An issuer signs with a new key before it is fetched here; without it nothing can be guessed.
            bool isUnknownKey = settings.Authority is not null && result.Failure is SecurityTokenSignatureKeyNotFoundException;
            return (null, !isUnknownKey && result.Failure is not (SecurityTokenExpiredException or InvalidOperationException or IOException or HttpRequestException));
        }

        Roles roles = principal.FindAll(settings.RolesClaim).Aggregate(Roles.None, (all, claim) => all | RoleNames.Read(claim.Value).Roles);
        return (Caller.OfToken(name, roles, settings.Weight, settings.Quota), false);
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
            ClockSkew = TimeSpan.FromSeconds(30),
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

    private static IEnumerable<SecurityKey> KeysOf(string file)
    {
        try
        {
            string text = File.ReadAllText(file);
            if (!text.Contains("-----BEGIN", StringComparison.Ordinal))
            {
                return new JsonWebKeySet(text).GetSigningKeys();
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
