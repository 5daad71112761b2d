using System.Security.Cryptography;
using Deq.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Deq.Api.Specs.Servers;

/// <summary>An issuer of tokens on the loopback address, which publishes its keys by OpenID Connect while it is up.</summary>
internal sealed class TokenIssuer : IAsyncDisposable
{
    private readonly List<RSA> _keys = [];
    private WebApplication? _app;
    private int _asked;

    public TokenIssuer()
    {
        using var port = new FreePort();
        Address = $"http://127.0.0.1:{port.Release()}";
        Issuer = Address;
        Rotate();
    }

    public string Address { get; }

    /// <summary>Who its document says that it is.</summary>
    public string Issuer { get; set; }

    /// <summary>The key that it signs with.</summary>
    public RSA Key => _keys[^1];

    /// <summary>How often its keys were asked for.</summary>
    public int Asked => Volatile.Read(ref _asked);

    /// <summary>Signs with a new key from now on, and publishes that alone.</summary>
    public void Rotate() => _keys.Add(RSA.Create(2048));

    public async Task Start()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(Address);
        _app = builder.Build();
        _app.Run(http => http.Response.WriteAsJsonAsync(http.Request.Path == "/keys" ? Keys() : Document()));
        await _app.StartAsync();
    }

    /// <summary>A token with everything as it should be, but for what is given.</summary>
    public string Token(string? issuer = null, string audience = "deq", int minutes = 10, SigningCredentials? signature = null) =>
        new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer ?? Issuer,
            Audience = audience,
            NotBefore = DateTime.UtcNow.AddMinutes(minutes - 20),
            IssuedAt = DateTime.UtcNow.AddMinutes(minutes - 20),
            Expires = DateTime.UtcNow.AddMinutes(minutes),
            Claims = new Dictionary<string, object> { ["sub"] = "alice", ["roles"] = "infer" },
            SigningCredentials = signature ?? new SigningCredentials(Public(Key), SecurityAlgorithms.RsaSha256),
        });

    public async ValueTask DisposeAsync()
    {
        await (_app?.DisposeAsync() ?? ValueTask.CompletedTask);
        _keys.ForEach(key => key.Dispose());
    }

    private static RsaSecurityKey Public(RSA key) => new(key) { KeyId = Convert.ToHexString(SHA256.HashData(key.ExportSubjectPublicKeyInfo()))[..16] };

    private Dictionary<string, object> Document() => new() { ["issuer"] = Issuer, ["jwks_uri"] = $"{Address}/keys" };

    private Dictionary<string, object> Keys()
    {
        Interlocked.Increment(ref _asked);
        RSAParameters key = Key.ExportParameters(includePrivateParameters: false);
        return new()
        {
            ["keys"] = new[]
            {
                new Dictionary<string, string>
                {
                    ["kty"] = "RSA", ["use"] = "sig", ["kid"] = Public(Key).KeyId, ["n"] = Base64UrlEncoder.Encode(key.Modulus), ["e"] = Base64UrlEncoder.Encode(key.Exponent),
                },
            },
        };
    }
}
