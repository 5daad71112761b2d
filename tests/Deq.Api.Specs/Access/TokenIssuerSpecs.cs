using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Deq.Api.Settings;
using Deq.Api.Specs.Servers;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Deq.Api.Specs.Access;

/// <summary>Tokens whose issuer publishes its keys: <c>Access:Jwt:Authority</c>.</summary>
public sealed class TokenIssuerSpecs : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly TokenIssuer _issuer = new();
    private readonly Lazy<Server> _server;

    public TokenIssuerSpecs() => _server = new(() => new Server(
        ("Access:Jwt:Issuer", _issuer.Address), ("Access:Jwt:Audience", "deq"), ("Access:Jwt:Authority", _issuer.Address), ("Access:Guesses", "1000000")));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await (_server.IsValueCreated ? _server.Value.DisposeAsync() : ValueTask.CompletedTask);
        await _issuer.DisposeAsync();
    }

    [Fact]
    public async Task Has_its_keys_found_and_asked_for_once()
    {
        await _issuer.Start();

        Assert.Equal(HttpStatusCode.OK, await Ask(_issuer.Token()));
        Assert.Equal(HttpStatusCode.OK, await Ask(_issuer.Token()));
        Assert.Equal(1, _issuer.Asked);
    }

    [Fact]
    public async Task May_change_its_key()
    {
        await _issuer.Start();
        string before = _issuer.Token();
        Assert.Equal(HttpStatusCode.OK, await Ask(before));

        _issuer.Rotate();

        Assert.True(await Becomes(_issuer.Token(), HttpStatusCode.OK));
        Assert.True(await Becomes(before, HttpStatusCode.Unauthorized));
    }

    [Fact]
    public async Task Signs_with_keys_that_are_not_fetched_yet_and_its_clients_guess_nothing()
    {
        await _issuer.Start();
        await using var early = new TokenIssuer();
        string token = early.Token(issuer: _issuer.Issuer);
        using var server = new Server(
            ("Access:Jwt:Issuer", _issuer.Address), ("Access:Jwt:Audience", "deq"), ("Access:Jwt:Authority", _issuer.Address), ("Access:Guesses", "1"));

        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await Ask(token, server));
        }

        Assert.Equal(HttpStatusCode.OK, await Ask(_issuer.Token(), server));
    }

    [Fact]
    public async Task May_be_down_when_the_server_starts_and_is_asked_again()
    {
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, await Ask(_issuer.Token()));
        }

        await _issuer.Start();

        Assert.True(await Becomes(_issuer.Token(), HttpStatusCode.OK));
    }

    [Fact]
    public async Task Lets_in_nobody_by_tokens_of_another_issuer_for_another_server_after_their_time_or_with_another_signature()
    {
        await _issuer.Start();
        byte[] pem = Encoding.ASCII.GetBytes(_issuer.Key.ExportSubjectPublicKeyInfoPem());
        byte[] modulus = _issuer.Key.ExportParameters(includePrivateParameters: false).Modulus!;
        await using var foreign = new TokenIssuer();

        Dictionary<string, string> tokens = new()
        {
            ["another issuer"] = _issuer.Token(issuer: "https://issuer.example"),
            ["another audience"] = _issuer.Token(audience: "other"),
            ["expired"] = _issuer.Token(minutes: -10),
            ["another key"] = foreign.Token(issuer: _issuer.Issuer),
            ["the public key as PEM for a secret"] = _issuer.Token(signature: Shared(pem)),
            ["the public key's modulus for a secret"] = _issuer.Token(signature: Shared(modulus)),
            ["no signature"] = new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = true }.CreateToken($$"""{"iss":"{{_issuer.Issuer}}","aud":"deq","sub":"alice","roles":"infer"}"""),
            ["a cut signature"] = _issuer.Token()[..^8],
        };

        Assert.Equal(HttpStatusCode.OK, await Ask(_issuer.Token()));
        foreach ((string name, string token) in tokens)
        {
            Assert.True(await Ask(token) == HttpStatusCode.Unauthorized, name);
        }
    }

    [Fact]
    public async Task Is_the_one_of_the_settings_whatever_its_document_says()
    {
        _issuer.Issuer = "https://issuer.example";
        await _issuer.Start();

        Assert.Equal(HttpStatusCode.Unauthorized, await Ask(_issuer.Token()));
        Assert.Equal(HttpStatusCode.OK, await Ask(_issuer.Token(issuer: _issuer.Address)));
    }

    [Theory]
    [InlineData("http://issuer.example")]
    [InlineData("https://user:hidden@issuer.example")]
    [InlineData("issuer.example")]
    [InlineData("file:///etc")]
    public void Is_asked_by_https_alone(string authority)
    {
        StartupException refusal = Assert.Throws<StartupException>(() => AllSettings.Read(("Access:Jwt:Issuer", "issuer"), ("Access:Jwt:Audience", "deq"), ("Access:Jwt:Authority", authority)));

        Assert.StartsWith("Setting Access:Jwt:Authority must be an https address", Assert.Single(refusal.Faults));
        Assert.DoesNotContain("hidden", refusal.Message);
    }

    /// <summary>With the identifier of the key that is published, so that no other reason refuses it.</summary>
    private SigningCredentials Shared(byte[] secret) =>
        new(new SymmetricSecurityKey(secret) { KeyId = new JsonWebToken(_issuer.Token()).Kid }, SecurityAlgorithms.HmacSha256);

    private async Task<bool> Becomes(string token, HttpStatusCode status)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(s_patience);
        while (await Ask(token) != status)
        {
            await Task.Delay(100, patience.Token);
        }

        return true;
    }

    private async Task<HttpStatusCode> Ask(string token, Server? server = null)
    {
        using HttpClient client = (server ?? _server.Value).CreateClient();
        using HttpRequestMessage request = new(HttpMethod.Get, "/api/v1/models");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using HttpResponseMessage response = await client.SendAsync(request, Cancellation);
        return response.StatusCode;
    }
}
