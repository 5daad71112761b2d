using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Deq.Api.Access;
using Deq.Api.Fronts.OpenInference;
using Deq.Api.Settings;
using Deq.Api.Specs.Servers;
using Deq.Testing;
using Deq.Testing.Bundles;

namespace Deq.Api.Specs.Documentation;

public sealed partial class DeploymentSpecs
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Shows_measurements_that_there_are()
    {
        string dashboard = await File.ReadAllTextAsync(Repository.Folder("docs", "deploy", "grafana", "deq.json"), Cancellation);
        string operations = await File.ReadAllTextAsync(Repository.Folder("docs", "operations.md"), Cancellation);

        string[] names = [.. Measurement().Matches(dashboard).Select(match => match.Value.Replace("_bucket", "", StringComparison.Ordinal)).Distinct()];
        Assert.True(names.Length >= 10, $"{names.Length}");
        Assert.All(names, name => Assert.Contains($"`{name}`", operations));
        Assert.NotEmpty(JsonElement.Parse(dashboard).GetProperty("panels").EnumerateArray());
    }

    [Theory]
    [InlineData("compose.yaml")]
    [InlineData("kubernetes.yaml")]
    public async Task Sets_settings_that_there_are(string file)
    {
        string text = await File.ReadAllTextAsync(Repository.Folder("docs", "deploy", file), Cancellation);
        string operations = await File.ReadAllTextAsync(Repository.Folder("docs", "operations.md"), Cancellation);

        string[] keys = [.. Setting().Matches(text).Select(match => match.Value.Replace("__", ":", StringComparison.Ordinal)).Distinct()];
        Assert.NotEmpty(keys);
        Assert.All(keys, key => Assert.Contains($"`{key}`", operations));
    }

    [Theory]
    [InlineData("compose.yaml")]
    [InlineData("kubernetes.yaml")]
    public async Task Sets_what_the_server_starts_with(string file)
    {
        string text = await File.ReadAllTextAsync(Repository.Folder("docs", "deploy", file), Cancellation);
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["keys.json"], "[]", Cancellation);

        (string Key, string Value)[] set = [.. Variable().Matches(text).Select(match => (match.Groups["key"].Value.Replace("__", ":", StringComparison.Ordinal), match.Groups["value"].Value))];
        ServerSettings settings = AllSettings.Read([.. set.Select(pair => pair.Key == "Access:KeysFile" ? (pair.Key, folder["keys.json"]) : pair)]);

        Assert.Contains(set, pair => pair.Key == "AllowedHosts");
        Assert.Equal("http://*:8001", settings.Of<OpenInferenceSettings>().GrpcUrl);
        Assert.Equal(folder["keys.json"], settings.Of<AccessSettings>().KeysFile);
    }

    [Fact]
    public async Task Has_the_image_keep_everything_on_its_volume()
    {
        string image = await File.ReadAllTextAsync(Repository.Folder("Dockerfile"), Cancellation);

        Assert.All(["Ensembles__Database", "Engine__CacheDirectory", "Models__CacheDirectory"], key => Assert.Contains($" {key}=/var/lib/deq/", image));
    }

    [Fact]
    public async Task Has_the_image_built_from_every_folder_that_the_server_takes_files_of()
    {
        string image = await File.ReadAllTextAsync(Repository.Folder("Dockerfile"), Cancellation);
        string context = await File.ReadAllTextAsync(Repository.Folder(".dockerignore"), Cancellation);
        string[] projects = ["Deq.Api", "Deq.Runtime"];

        string[] folders =
        [
            .. projects.SelectMany(project => Outside().Matches(File.ReadAllText(Repository.Folder(project, $"{project}.csproj"))))
                .Select(match => match.Groups["folder"].Value).Distinct(),
        ];

        Assert.Contains("docs/samples", folders);
        Assert.All(folders, folder => Assert.Contains($"COPY {folder}/ {folder}/", image));
        Assert.All(folders, folder => Assert.Contains($"!{folder}\n", context));
    }

    public static TheoryData<string> FilesWithImages => ["Dockerfile", .. Directory.GetFiles(Repository.Folder("docs", "deploy"), "*.yaml").Select(file => $"docs/deploy/{Path.GetFileName(file)}").Where(file => Images(file).Length > 0)];

    [Theory, MemberData(nameof(FilesWithImages))]
    public void Names_images_by_exact_versions(string file) => Assert.All(Images(file), image => Assert.Matches(@"^[\w./-]+:v?\d+\.\d+\.\d+(-[\w.-]+)?(@sha256:[0-9a-f]{64})?$", image));

    [Fact]
    public void Finds_the_images()
    {
        string[] images = [.. FilesWithImages.Select(file => file.Data).SelectMany(Images)];

        Assert.All(["dotnet/sdk", "dotnet/aspnet", "nvidia/cuda", "prom/prometheus", "grafana/grafana", "deq"], name => Assert.Contains(images, image => image.Contains($"{name}:", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Has_the_image_built_on_the_framework_of_the_packages_and_the_CUDA_of_ONNX_Runtime()
    {
        string[] images = Images("Dockerfile");
        string packages = await File.ReadAllTextAsync(Repository.Folder("Directory.Packages.props"), Cancellation);
        string operations = await File.ReadAllTextAsync(Repository.Folder("docs", "operations.md"), Cancellation);

        string framework = Framework().Match(packages).Groups["version"].Value;
        Match cuda = Cuda().Match(Assert.Single(images, image => image.StartsWith("nvidia/", StringComparison.Ordinal)));
        Assert.Single(images, image => image.Contains($"/aspnet:{framework}-", StringComparison.Ordinal));
        Assert.Contains($"CUDA {cuda.Groups["version"].Value} with cuDNN 9", operations);
        Assert.Contains($"libcudart.so.{cuda.Groups["major"].Value}", operations);
        Assert.DoesNotContain("=...", await File.ReadAllTextAsync(Repository.Folder("Dockerfile"), Cancellation));
    }

    [Fact]
    public async Task Builds_every_stage_on_an_image_that_is_named_at_its_head()
    {
        string image = await File.ReadAllTextAsync(Repository.Folder("Dockerfile"), Cancellation);
        string[] arguments = [.. Argument().Matches(image.Split("\nFROM ")[0]).Select(match => match.Groups["name"].Value)];

        string[] bases = [.. Base().Matches(image).Select(match => match.Groups["image"].Value)];

        Assert.Equal(4, bases.Length);
        Assert.All(bases, each => Assert.Contains(each.Trim('$', '{', '}'), arguments));
        Assert.All(["cpu", "cuda"], accelerator => Assert.Contains($" AS {accelerator}\n", image));
    }

    [Theory(Timeout = 600_000)]
    [InlineData(null, "localhost")]
    [InlineData("*", "localhost")]
    [InlineData("deq.example;localhost", "deq.example")]
    [InlineData("*.example;127.0.0.1", "first.example")]
    public async Task Has_the_health_check_of_the_image_name_a_host_that_is_allowed(string? hosts, string named)
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "There is no bash here.");
        CancellationToken end = TestContext.Current.CancellationToken;
        string image = await File.ReadAllTextAsync(Repository.Folder("Dockerfile"), end);
        string[] command = JsonSerializer.Deserialize<string[]>(HealthCheck().Match(image).Groups["command"].Value.Replace("\\\n", "", StringComparison.Ordinal))!;
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        string place = $"/{((IPEndPoint)server.LocalEndpoint).Port} ";
        var start = new ProcessStartInfo("/bin/bash", command.Skip(1).Select(part => part.Replace("/8080 ", place, StringComparison.Ordinal)));
        start.Environment["AllowedHosts"] = hosts;

        using Process check = Process.Start(start)!;
        await using CancellationTokenRegistration late = end.Register(() => check.Kill(entireProcessTree: true));
        using TcpClient asked = await server.AcceptTcpClientAsync(end);
        using var request = new StreamReader(asked.GetStream());
        List<string> lines = [];
        while (await request.ReadLineAsync(end) is { Length: > 0 } line)
        {
            lines.Add(line);
        }

        await asked.GetStream().WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray(), end);
        await check.WaitForExitAsync(end);

        Assert.Equal(["GET /healthz/ready HTTP/1.0", $"Host: {named}"], lines);
        Assert.Equal(0, check.ExitCode);
    }

    [Fact]
    public async Task Has_images_of_the_server_in_the_version_that_is_built()
    {
        string version = Version().Match(await File.ReadAllTextAsync(Repository.Folder("Directory.Build.props"), Cancellation)).Groups["version"].Value;

        string[] own = [.. new[] { "docs/deploy/compose.yaml", "docs/deploy/kubernetes.yaml" }.SelectMany(Images).Where(image => image.Contains("deq:", StringComparison.Ordinal))];

        Assert.Equal(2, own.Length);
        Assert.All(own, image => Assert.EndsWith($"deq:{version}", image));
    }

    [Fact]
    public async Task Has_YARP_keep_the_host_bound_no_stream_of_messages_and_probe_by_a_host_that_is_allowed()
    {
        JsonElement proxy = JsonElement.Parse(await File.ReadAllTextAsync(Repository.Folder("docs", "deploy", "yarp.json"), Cancellation)).GetProperty("ReverseProxy");

        Assert.All(proxy.GetProperty("Routes").EnumerateObject(), route => Assert.Contains("\"RequestHeaderOriginalHost\"", route.Value.GetProperty("Transforms").GetRawText()));
        Assert.Equal(-1, proxy.GetProperty("Routes").GetProperty("deq-grpc").GetProperty("MaxRequestBodySize").GetInt32());
        Assert.All(
            proxy.GetProperty("Clusters").EnumerateObject().SelectMany(cluster => cluster.Value.GetProperty("Destinations").EnumerateObject()),
            destination => Assert.Equal("deq.example", destination.Value.GetProperty("Host").GetString()));
    }

    [Fact]
    public async Task Has_YARP_bound_bodies_and_keep_clients_with_one_server()
    {
        JsonElement proxy = JsonElement.Parse(await File.ReadAllTextAsync(Repository.Folder("docs", "deploy", "yarp.json"), Cancellation)).GetProperty("ReverseProxy");

        JsonElement[] affinities = [.. proxy.GetProperty("Clusters").EnumerateObject().Select(cluster => cluster.Value.GetProperty("SessionAffinity"))];

        Assert.Equal(9 << 20, proxy.GetProperty("Routes").GetProperty("deq").GetProperty("MaxRequestBodySize").GetInt32());
        Assert.All(affinities, affinity => Assert.True(affinity.GetProperty("Enabled").GetBoolean()));
        Assert.Equal(affinities.Length, affinities.Select(affinity => affinity.GetProperty("AffinityKeyName").GetString()).Distinct().Count());
    }

    private static string[] Images(string file)
    {
        string text = File.ReadAllText(Repository.Folder(file.Split('/')));
        return [.. Image().Matches(text).Select(match => match.Groups["image"].Value)];
    }

    /// <summary>What is set for a stage, or what a service or container runs.</summary>
    [GeneratedRegex(@"^(ARG \w+_IMAGE=|\s*image: )(?<image>\S+)$|^FROM (?<image>[^$\s]\S*)", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Image();

    [GeneratedRegex(@"^ARG (?<name>\w+)=", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Argument();

    [GeneratedRegex(@"^FROM (?<image>\S+)", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Base();

    [GeneratedRegex(@"^HEALTHCHECK [^\[]*CMD (?<command>\[.*\])\n\nENTRYPOINT", RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.Singleline, 1000)]
    private static partial Regex HealthCheck();

    [GeneratedRegex("""Include="Microsoft.AspNetCore.Authentication.JwtBearer" Version="(?<version>[^"]+)" """, RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Framework();

    [GeneratedRegex(@":(?<version>(?<major>\d+)\.\d+\.\d+)-cudnn-runtime-", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Cuda();

    [GeneratedRegex("<Version>(?<version>[^<]+)</Version>", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Version();

    /// <summary>A file outside its project's folder, by the folder's first two parts; another project by one.</summary>
    [GeneratedRegex(@"\.\./(?<folder>docs/\w+|[\w.]+(?=/[\w.]+csproj))", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Outside();

    [GeneratedRegex(@"\bdeq_[a-z_]+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Measurement();

    /// <summary>A variable of the environment as compose files write it, or manifests.</summary>
    [GeneratedRegex("""^ +(?<key>[A-Z]\w+): "?(?<value>[^"\n]+)"?$|\{name: (?<key>[A-Z]\w+), value: "?(?<value>[^"}]+)"?\}""", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Variable();

    [GeneratedRegex(@"\b[A-Z]\w*__\w+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Setting();
}
