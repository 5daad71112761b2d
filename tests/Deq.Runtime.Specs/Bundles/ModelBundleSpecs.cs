using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks;
using Deq.Runtime.Tasks.Classification;
using Deq.Testing.Bundles;

namespace Deq.Runtime.Specs.Bundles;

/// <summary>Bundles that open, and those that do not.</summary>
public sealed class ModelBundleSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Corruptions => [.. BundleCorruption.All.Select(way => way.Name)];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Opens_as_it_was_written()
    {
        ModelManifest written = new TinyBundle(new() { HasVectorJacobian = true }).Write(_folder["tiny"]);

        using ModelBundle bundle = ModelBundle.Open(_folder["tiny"], new());

        Assert.Equivalent(written, bundle.Manifest, strict: true);
        Assert.Equal((64, 16, 16, 4), (bundle.Model.InputLength, bundle.Model.InjectionLength, bundle.Model.StateWidth, bundle.Model.OutputLength));
        Assert.NotNull(bundle.Model.CellVectorJacobian);
    }

    [Fact]
    public void Is_known_by_the_hash_of_its_manifest()
    {
        TinyBundle.Write(_folder["tiny"]);

        using ModelBundle bundle = ModelBundle.Open(_folder["tiny"], new());

        byte[] manifest = File.ReadAllBytes(Path.Combine(bundle.Directory, "manifest.json"));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(manifest)), bundle.Sha256);
    }

    [Theory]
    [MemberData(nameof(Corruptions))]
    public void Names_what_is_wrong_with_it(string corruption)
    {
        BundleCorruption way = BundleCorruption.All.Single(known => known.Name == corruption);
        string folder = TinyBundle.Write(_folder["tiny"], new() { HasVectorJacobian = true });

        way.Spoil(folder);

        BundleException refusal = Assert.Throws<BundleException>(() => ModelBundle.Open(folder, new()));
        Assert.Contains(refusal.Faults, fault => fault.Contains(way.Fault, StringComparison.Ordinal));
        Assert.StartsWith(folder, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(refusal.Faults.Count, refusal.Message.Split('\n').Length);
    }

    [Fact]
    public void Names_everything_that_is_wrong_with_it_at_once()
    {
        string folder = TinyBundle.Write(_folder["tiny"], new() { HasVectorJacobian = true });

        foreach (BundleCorruption way in BundleCorruption.Compatible)
        {
            way.Spoil(folder);
        }

        BundleException refusal = Assert.Throws<BundleException>(() => ModelBundle.Open(folder, new()));
        Assert.True(BundleCorruption.Compatible.Count >= 6);
        Assert.All(BundleCorruption.Compatible, way => Assert.Contains(way.Fault, refusal.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Opens_or_is_refused_but_fails_in_no_other_way_when_its_manifest_is_damaged()
    {
        string folder = TinyBundle.Write(_folder["tiny"]);
        string path = Path.Combine(folder, ModelBundle.ManifestFile);
        byte[] manifest = File.ReadAllBytes(path);
        var random = new Random(21);

        int refused = 0;
        for (int i = 0; i < 150; i++)
        {
            byte[] damaged = [.. manifest];
            for (int places = random.Next(1, 4); places > 0; places--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(path, damaged);
            refused += Refuses(folder) ? 1 : 0;
        }

        Assert.InRange(refused, 75, 150);
    }

    [Fact]
    public void May_reach_its_files_over_links_that_stay_inside()
    {
        string folder = TinyBundle.Write(_folder["tiny"]);
        Directory.CreateDirectory(Path.Combine(folder, ".contents"));
        File.Move(Path.Combine(folder, "cell.onnx"), Path.Combine(folder, ".contents", "cell.onnx"));
        Directory.CreateSymbolicLink(Path.Combine(folder, ".current"), ".contents");
        File.CreateSymbolicLink(Path.Combine(folder, "cell.onnx"), Path.Combine(".current", "cell.onnx"));

        using ModelBundle bundle = ModelBundle.Open(folder, new());

        Assert.Equal("tiny", bundle.Manifest.Name);
    }

    [Fact]
    public void Opens_a_task_that_is_given_to_it_with_members_of_its_own()
    {
        string folder = TinyBundle.Write(_folder["tiny"]);
        BundleCorruption.EditManifest(folder, manifest =>
        {
            manifest["task"] = "third";
            manifest["rules"] = new JsonObject { ["deep"] = true };
        });

        using ModelBundle bundle = ModelBundle.Open(folder, new(), [.. ModelTasks.All, new ThirdTask()]);
        BundleException refusal = Assert.Throws<BundleException>(() => ModelBundle.Open(folder, new()));

        Assert.True(bundle.Manifest.Sections!["rules"].GetProperty("deep").GetBoolean());
        Assert.Equal(
            [$"task 'third' is unknown; known are {string.Join(", ", ModelTasks.All.Select(task => task.Name))}."],
            refusal.Faults);
    }

    [Fact]
    public void Refuses_members_of_other_tasks()
    {
        string folder = TinyBundle.Write(_folder["tiny"]);
        BundleCorruption.EditManifest(folder, manifest => manifest["rules"] = true);

        BundleException refusal = Assert.Throws<BundleException>(() => ModelBundle.Open(folder, new()));

        Assert.Contains("has no member 'rules'", Assert.Single(refusal.Faults), StringComparison.Ordinal);
    }

    [Fact]
    public void Null_anywhere_in_a_manifest_is_a_fault_or_nothing()
    {
        string folder = TinyBundle.Write(_folder["tiny"]);
        string manifest = Path.Combine(folder, ModelBundle.ManifestFile);
        string whole = File.ReadAllText(manifest);
        int places = Places(JsonNode.Parse(whole)!).Count();

        for (int place = 0; place < places; place++)
        {
            JsonNode root = JsonNode.Parse(whole)!;
            JsonNode at = Places(root).ElementAt(place);
            string path = at.GetPath();
            SetNull(at);
            File.WriteAllText(manifest, root.ToJsonString());

            Exception? fault = Record.Exception(() => ModelBundle.Open(folder, new()).Dispose());

            Assert.True(fault is null or BundleException, $"{path}: {fault}");
        }
    }

    [Fact]
    public void Does_not_open_where_there_is_none()
    {
        BundleException refusal = Assert.Throws<BundleException>(() => ModelBundle.Open(_folder["nowhere"], new()));

        Assert.Equal([$"{_folder["nowhere"]}: the folder does not exist."], refusal.Message.Split('\n'));
    }

    [Fact]
    public void Names_the_device_that_it_cannot_run_on()
    {
        TinyBundle.Write(_folder["tiny"]);

        Exception? refusal = Record.Exception(() => ModelBundle.Open(_folder["tiny"], new ExecutionOptions { Device = "cuda", DeviceId = 63 }));

        Assert.Contains("on device cuda", Assert.IsType<BundleException>(refusal).Message, StringComparison.Ordinal);
    }

    private static bool Refuses(string folder)
    {
        try
        {
            ModelBundle.Open(folder, new()).Dispose();
            return false;
        }
        catch (BundleException)
        {
            return true;
        }
    }

    /// <summary>Classification under another name, with a section for its own.</summary>
    private sealed class ThirdTask : IModelTask
    {
        private readonly ClassificationTask _task = new();

        public string Name => "third";

        public IReadOnlyList<string> Sections => ["rules"];

        public IEnumerable<string> Faults(ModelManifest manifest) => _task.Faults(manifest);

        public ModelContract Contract(ModelManifest manifest) => _task.Contract(manifest);
    }

    private static IEnumerable<JsonNode> Places(JsonNode node) => node switch
    {
        JsonObject members => members.Select(member => member.Value).OfType<JsonNode>().SelectMany(member => Places(member).Prepend(member)),
        JsonArray entries => entries.OfType<JsonNode>().SelectMany(entry => Places(entry).Prepend(entry)),
        _ => [],
    };

    private static void SetNull(JsonNode at)
    {
        if (at.Parent is JsonArray list)
        {
            list[at.GetElementIndex()] = null;
        }
        else
        {
            at.Parent![at.GetPropertyName()] = null;
        }
    }
}
