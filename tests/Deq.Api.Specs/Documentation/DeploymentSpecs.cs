using System.Text.Json;
using System.Text.RegularExpressions;
using Deq.Testing;

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

    /// <summary>A file outside its project's folder, by the folder's first two parts; another project by one.</summary>
    [GeneratedRegex(@"\.\./(?<folder>docs/\w+|[\w.]+(?=/[\w.]+csproj))", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Outside();

    [GeneratedRegex(@"\bdeq_[a-z_]+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Measurement();

    [GeneratedRegex(@"\b[A-Z]\w*__\w+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Setting();
}
