using System.Buffers.Binary;
using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using Deq.Export.CommandLine;
using Deq.Export.Commands;
using Deq.Export.Tasks;
using Deq.Testing.Bundles;

namespace Deq.Export.Specs.Commands;

public sealed class WeightsCommandSpecs : IDisposable
{
    private readonly Fixtures.TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Writes_every_weight_of_a_bundle_where_its_header_says()
    {
        string bundle = TinyBundle.Write(_folder.File("tiny"));

        Export(bundle);

        byte[] file = File.ReadAllBytes(_folder.File("w.safetensors"));
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        using JsonDocument header = JsonDocument.Parse(file.AsMemory(8, length));
        JsonProperty[] tensors = [.. header.RootElement.EnumerateObject().Where(entry => entry.Name != "__metadata__")];
        Assert.Equal(["[64,16]", "[16,16]", "[16,4]"], tensors.Select(tensor => tensor.Value.GetProperty("shape").GetRawText()).OrderByDescending(shape => shape.Length).ThenByDescending(shape => shape));
        Assert.Equal(0, (8 + length) % 8);
        Assert.Equal(file.Length - 8 - length, tensors.Max(tensor => tensor.Value.GetProperty("data_offsets")[1].GetInt32()));
        JsonElement decoder = tensors.Single(tensor => tensor.Value.GetProperty("shape")[1].GetInt32() == 4).Value;
        float[] values = MemoryMarshal.Cast<byte, float>(file.AsSpan(8 + length)[decoder.GetProperty("data_offsets")[0].GetInt32()..decoder.GetProperty("data_offsets")[1].GetInt32()]).ToArray();
        double[] z = [1, .. new double[15]];
        Assert.All(new TinyBundle().Logits(z).Zip(values), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
    }

    [Fact]
    public void Leaves_a_file_that_is_there()
    {
        string bundle = TinyBundle.Write(_folder.File("tiny"));
        Export(bundle);

        Assert.Throws<CommandException>(() => Export(bundle));
    }

    private void Export(string bundle) => WeightsCommand.Make(TrainedTasks.OfProgram)
        .Parse([bundle, "--safetensors", _folder.File("w.safetensors")])
        .Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
