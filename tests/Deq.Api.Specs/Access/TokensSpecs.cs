using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Deq.Api.Specs.Servers;
using Deq.Testing.Bundles;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Deq.Api.Specs.Access;

public sealed class TokensSpecs : IDisposable
{
    private readonly RSA _key = RSA.Create(2048);
    private readonly RSA _foreign = RSA.Create(2048);
    private readonly TemporaryFolder _folder = new();
    private readonly Server _server;

    public TokensSpecs()
    {
        string pem = _folder["issuer.pem"];
        Directory.CreateDirectory(_folder.Path);
        File.WriteAllText(pem, _key.ExportSubjectPublicKeyInfoPem());
        _server = new Server(
            ("Access:Jwt:Issuer", "issuer"), ("Access:Jwt:Audience", "deq"), ("Access:Jwt:KeysFile", pem), ("Access:Keys:dotted:Sha256", AccessControlSpecs.Hash("key.with.dots")));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _server.Dispose();
        _key.Dispose();
        _foreign.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Let_in_whom_the_issuer_names()
    {
        Assert.Equal(HttpStatusCode.OK, await Ask(Token(_key)));
        Assert.Equal(HttpStatusCode.OK, await Ask(Token(_key, expires: DateTime.MaxValue)));
        Assert.Equal(HttpStatusCode.Forbidden, await Ask(Token(_key, roles: "observe"), "/api/v1/models/linear/classify"));
    }

    [Fact]
    public async Task Are_not_looked_for_in_a_key_that_has_two_dots() => Assert.Equal(HttpStatusCode.OK, await Ask("key.with.dots"));

    [Fact]
    public async Task Are_refused_from_another_issuer_for_another_server_after_their_time_or_without_a_signature()
    {
        string unsigned = new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = true }.CreateToken(
            """{"iss":"issuer","aud":"deq","sub":"alice","roles":"infer"}""");

        Assert.Equal(HttpStatusCode.Unauthorized, await Ask(Token(_foreign)));
        Assert.Equal(HttpStatusCode.Unauthorized, await Ask(Token(_key, issuer: "other")));
        Assert.Equal(HttpStatusCode.Unauthorized, await Ask(Token(_key, audience: "other")));
        Assert.Equal(HttpStatusCode.Unauthorized, await Ask(Token(_key, minutes: -10)));
        Assert.Equal(HttpStatusCode.Unauthorized, await Ask(Token(_key, name: "")));
        Assert.Equal(HttpStatusCode.Unauthorized, await Ask(Token(_key, critical: "x")));
        Assert.Equal(HttpStatusCode.Unauthorized, await Ask(unsigned));
        Assert.Equal(HttpStatusCode.Unauthorized, await Ask("a.b.c"));
        Assert.Equal(HttpStatusCode.Unauthorized, await Ask($$"""{{Base64UrlEncoder.Encode("""{"alg":"RS256","\ud800":1}""")}}.{{Base64UrlEncoder.Encode("""{"iss":"issuer"}""")}}.aaaa"""));
        Assert.Equal(HttpStatusCode.Unauthorized, await Ask($$"""{{Base64UrlEncoder.Encode("""{"alg":"RS256"}""")}}.{{Base64UrlEncoder.Encode("""{"iss":"\ud800"}""")}}.aaaa"""));
        Assert.Equal(HttpStatusCode.Unauthorized, await Ask("no token"));
    }

    [Fact]
    public async Task Whose_time_is_over_or_has_not_come_are_no_guesses_and_those_of_another_issuer_are()
    {
        string expired = Token(_key, minutes: -10), early = Token(_key, minutes: 40), foreign = Token(_foreign, minutes: -10);
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await Ask(expired));
            Assert.Equal(HttpStatusCode.Unauthorized, await Ask(early));
        }

        HttpStatusCode last = HttpStatusCode.Unauthorized;
        for (int i = 0; i < 100 && last == HttpStatusCode.Unauthorized; i++)
        {
            last = await Ask(foreign);
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, last);
    }

    [Theory]
    [InlineData("""{"keys":[]}""")]
    [InlineData("""{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4","e":"AQAB"}""")]
    public async Task Keep_the_server_from_starting_where_the_file_of_keys_holds_none(string keys)
    {
        string file = _folder["keys.json"];
        File.WriteAllText(file, keys);
        TinyBundle.Write(_folder["models/tiny"]);

        (int exitCode, string output, string errors) = await ServerProcess.Fail(
            $"--Models:Directory={_folder["models"]}", "--Engine:Threads=1", "--Engine:RowsPerThread=1", "--urls=http://127.0.0.1:0",
            "--Access:Jwt:Issuer=issuer", "--Access:Jwt:Audience=deq", $"--Access:Jwt:KeysFile={file}");

        Assert.True(exitCode == 1, errors + output);
        Assert.Contains($"Access:Jwt:KeysFile is '{file}', which holds no public key", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors + output, StringComparison.Ordinal);
    }

    private static string Token(
        RSA key, string issuer = "issuer", string audience = "deq", string name = "alice", string roles = "infer", int minutes = 10, string? critical = null, DateTime? expires = null) =>
        new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer,
            Audience = audience,
            NotBefore = DateTime.UtcNow.AddMinutes(minutes - 20),
            IssuedAt = DateTime.UtcNow.AddMinutes(minutes - 20),
            Expires = expires ?? DateTime.UtcNow.AddMinutes(minutes),
            Claims = new Dictionary<string, object> { ["sub"] = name, ["roles"] = roles },
            AdditionalHeaderClaims = critical is null ? null : new Dictionary<string, object> { ["crit"] = new[] { critical }, [critical] = 1 },
            SigningCredentials = new SigningCredentials(new RsaSecurityKey(key), SecurityAlgorithms.RsaSha256),
        });

    private async Task<HttpStatusCode> Ask(string token, string path = "/api/v1/models")
    {
        using HttpClient client = _server.CreateClient();
        using HttpRequestMessage request = new(path.EndsWith("classify", StringComparison.Ordinal) ? HttpMethod.Post : HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using HttpResponseMessage response = await client.SendAsync(request, Cancellation);
        return response.StatusCode;
    }
}
