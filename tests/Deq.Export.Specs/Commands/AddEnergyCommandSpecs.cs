using Deq.Export.CommandLine;
using Deq.Export.Commands;
using Deq.Export.Tasks;
using Deq.Testing;
using Deq.Testing.Bundles;

namespace Deq.Export.Specs.Commands;

public sealed class AddEnergyCommandSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Makes_the_graph_of_a_restorer_from_its_own_files_and_changes_no_other()
    {
        string shipped = Repository.Folder("models", "restore");
        string bundle = _folder["restore"];
        Directory.CreateDirectory(bundle);
        foreach (string file in Directory.GetFiles(shipped).Where(file => Path.GetFileName(file) != "energy.onnx"))
        {
            File.Copy(file, Path.Combine(bundle, Path.GetFileName(file)));
        }

        BundleCorruption.EditManifest(bundle, manifest =>
        {
            manifest.Remove("energy");
            manifest["files"]!.AsObject().Remove("energy.onnx");
        });

        AddEnergyCommand.Run(TrainedTasks.OfProgram, bundle);

        Assert.Equal(Directory.GetFiles(shipped).Select(Path.GetFileName).Order(), Directory.GetFiles(bundle).Select(Path.GetFileName).Order());
        Assert.All(Directory.GetFiles(shipped), file => Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(bundle, Path.GetFileName(file)))));
    }

    [Fact]
    public void Refuses_a_bundle_whose_solves_descend_no_energy()
    {
        string bundle = _folder["maze"];
        Directory.CreateDirectory(bundle);
        foreach (string file in Directory.GetFiles(Repository.Folder("models", "maze")))
        {
            File.Copy(file, Path.Combine(bundle, Path.GetFileName(file)));
        }

        CommandException refusal = Assert.Throws<CommandException>(() => AddEnergyCommand.Run(TrainedTasks.OfProgram, bundle));

        Assert.Contains("maze has no energy", refusal.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(bundle, "energy.onnx")));
    }

    public void Dispose() => _folder.Dispose();
}
