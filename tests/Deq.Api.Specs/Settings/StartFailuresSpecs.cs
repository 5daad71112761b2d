using System.Net;
using System.Net.Sockets;
using Deq.Api.Settings;
using Deq.Api.Specs.Servers;
using Deq.Testing.Bundles;
using Microsoft.Extensions.Configuration;

namespace Deq.Api.Specs.Settings;

public sealed class StartFailuresSpecs : IDisposable
{
    private readonly TemporaryFolder _models = new();

    public StartFailuresSpecs() => TinyBundle.Write(_models["tiny"]);

    public void Dispose() => _models.Dispose();

    [Theory]
    [InlineData("--urls=nonsense", "nonsense")]
    [InlineData("--urls=http://127.0.0.1:80800", "Setting urls names 'http://127.0.0.1:80800'")]
    [InlineData("--urls=http://127.0.0.1:80800 --OpenInference:GrpcUrl=http://127.0.0.1:0", "Setting urls names 'http://127.0.0.1:80800'")]
    [InlineData("--urls=http://203.0.113.7:80", "203.0.113.7")]
    [InlineData("--urls=https://127.0.0.1:0", "certificate")]
    [InlineData("--Kestrel:Endpoints:a:Url=https://127.0.0.1:0 --Kestrel:Endpoints:a:Certificate:Path=/no/such/file.pfx", "/no/such/file.pfx")]
    [InlineData("--Logging:LogLevel:Default=Loud", "Loud")]
    [InlineData("--Kestrel:Limits:MaxConcurrentConections=3", "MaxConcurrentConections")]
    [InlineData("--Kestrel:Limits:MaxConcurrentConnections=many", "many")]
    public async Task Are_one_list_and_exit_code_1(string arguments, string named)
    {
        (int exitCode, string output, string errors) = await ServerProcess.Fail([Models, "--Engine:Threads=1", "--Engine:RowsPerThread=1", .. arguments.Split(' ')]);

        Assert.True(exitCode == 1, errors + output);
        Assert.StartsWith("Deq cannot start:\n  - ", errors);
        Assert.Contains(named, errors);
        Assert.DoesNotContain("   at ", errors + output);
    }

    [Fact]
    public async Task List_the_faults_of_files_of_keys_and_of_the_web_server_with_those_of_settings()
    {
        (int exitCode, string output, string errors) = await ServerProcess.Fail(
            Models, "--Engine:Threads=0", "--Access:KeysFile=/nope", "--Access:Jwt:Issuer=a", "--Access:Jwt:Audience=b", "--Access:Jwt:KeysFile=/nope2",
            "--Kestrel:Limits:MaxConcurrentConnections=many", "--Kestrel:Limits:KeepAliveTimeout=never", "--Kestrel:Limits:MaxConections=1",
            "--urls=http://127.0.0.1:80800");

        Assert.True(exitCode == 1, errors + output);
        Assert.All(
            [
                "Engine:Threads is '0'", "Access:KeysFile is '/nope'", "Access:Jwt:KeysFile is '/nope2'", "Kestrel:Limits:MaxConcurrentConnections is 'many'",
                "Kestrel:Limits:KeepAliveTimeout is 'never'", "Kestrel:Limits:MaxConections",
                "urls names 'http://127.0.0.1:80800'",
            ],
            part => Assert.Contains(part, errors, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("http_ports", "80", "http://*:80")]
    [InlineData("https_ports", "443;444", "https://*:443 or https://*:444")]
    [InlineData("urls", "http://127.0.0.1:80", "http://127.0.0.1:80")]
    public void Name_the_addresses_whichever_way_they_are_set(string key, string value, string addresses)
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { [key] = value }).Build();

        StartupException failure = StartFailures.Of(new SocketException((int)SocketError.AccessDenied), configuration)!;

        Assert.StartsWith($"Listening on {addresses} fails: ", Assert.Single(failure.Faults), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Name_the_port_that_is_taken()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        string address = $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}";

        (int exitCode, string output, string errors) = await ServerProcess.Fail(Models, "--Engine:Threads=1", "--Engine:RowsPerThread=1", $"--urls={address}");

        Assert.True(exitCode == 1, errors + output);
        Assert.Contains($"{address}: address already in use", errors);
        Assert.DoesNotContain("   at ", errors + output);
    }

    [Fact]
    public async Task Name_each_address_once_where_one_is_for_gRPC()
    {
        (int exitCode, string output, string errors) = await ServerProcess.Fail(
            Models, "--Engine:Threads=1", "--Engine:RowsPerThread=1", "--urls=http://127.0.0.1:0", "--OpenInference:GrpcUrl=http://203.0.113.7:80");

        Assert.True(exitCode == 1, errors + output);
        Assert.Contains("Listening on http://127.0.0.1:0 or http://203.0.113.7:80 fails", errors);
    }

    [Fact]
    public async Task Name_a_settings_file_that_is_broken()
    {
        File.WriteAllText(_models["appsettings.json"], "{ \"Limits\": ");

        (int exitCode, string output, string errors) = await ServerProcess.Fail(Models, $"--contentRoot={_models.Path}");

        Assert.True(exitCode == 1, errors + output);
        Assert.Contains("appsettings.json", errors);
        Assert.DoesNotContain("   at ", errors + output);
    }

    [Fact]
    public async Task Name_settings_files_that_are_pipes_and_wait_for_none()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no pipes in folders.");
        string[] pipes = [_models.MakePipe("appsettings.json"), _models.MakePipe("appsettings.Other.json")];

        (int exitCode, string output, string errors) = await ServerProcess.Fail(Models, $"--contentRoot={_models.Path}", "--environment=Other");

        Assert.True(exitCode == 1, errors + output);
        Assert.Equal(
            ["Deq cannot start:", .. pipes.Select(pipe => $"  - Settings cannot be read from {pipe}: it is empty or no file.")],
            errors.TrimEnd().Split('\n'));
    }

    private string Models => $"--Models:Directory={_models.Path}";
}
