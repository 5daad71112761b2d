using Deq.Runtime.Bundles;
using Deq.Runtime.Onnx;
using Deq.Testing.Bundles;

namespace Deq.Runtime.Specs.Bundles;

public sealed class ExternalTensorsSpecs
{
    private static readonly byte[] s_external = [0x70, 1];

    /// <summary>Where a tensor may lie: field numbers from the model down.</summary>
    public static TheoryData<int[]> Places => new([7, 5], [7, 1, 5, 5], [7, 1, 5, 6, 5], [7, 1, 5, 11, 1, 5, 10], [7, 15, 1], [25, 7, 5, 5]);

    [Theory]
    [MemberData(nameof(Places))]
    public void Are_found_wherever_a_graph_may_keep_them(int[] path)
    {
        Assert.True(ExternalTensors.AreIn(Nested(path, s_external)));
        Assert.False(ExternalTensors.AreIn(Nested(path, [0x70, 0])));
    }

    /// <summary>What ONNX Runtime reads as an external tensor though it is written in an unusual way.</summary>
    [Theory]
    [InlineData("a group of unknown fields before", new byte[] { 0x0B, 0x10, 0x05, 0x0C, 0x70, 0x01 })]
    [InlineData("a group within a group before", new byte[] { 0x0B, 0x13, 0x14, 0x0C, 0x70, 0x01 })]
    [InlineData("a value of more than 32 bits", new byte[] { 0x70, 0x81, 0x80, 0x80, 0x80, 0x10 })]
    [InlineData("a key of more than 32 bits", new byte[] { 0xF0, 0x80, 0x80, 0x80, 0x10, 0x01 })]
    public void Are_found_however_they_are_written(string name, byte[] tensor) => Assert.True(ExternalTensors.AreIn(Nested([7, 5], tensor)), name);

    [Fact]
    public void Are_not_what_lies_in_a_group() => Assert.False(ExternalTensors.AreIn(Nested([7, 5], [0x0B, 0x70, 0x01, 0x0C])));

    [Fact]
    public void Are_taken_for_granted_where_graphs_lie_too_deep_to_search()
    {
        int[] shallow = [7, .. Enumerable.Repeat((int[])[1, 5, 6], 10).SelectMany(level => level)];
        int[] deep = [7, .. Enumerable.Repeat((int[])[1, 5, 6], 30).SelectMany(level => level)];

        Assert.False(ExternalTensors.AreIn(Nested(shallow, [])));
        Assert.True(ExternalTensors.AreIn(Nested(deep, [])));
    }

    [Fact]
    public void Are_not_in_the_graphs_of_a_bundle()
    {
        using var folder = new TemporaryFolder();
        TinyBundle.Write(folder["tiny"]);

        Assert.All(Directory.GetFiles(folder["tiny"], "*.onnx"), file => Assert.False(ExternalTensors.AreIn(File.ReadAllBytes(file))));
    }

    [Fact]
    public void Are_not_in_what_is_no_graph()
    {
        var random = new Random(1);
        for (int i = 0; i < 1000; i++)
        {
            byte[] bytes = new byte[random.Next(64)];
            random.NextBytes(bytes);

            Assert.Null(Record.Exception(() => ExternalTensors.AreIn(bytes)));
        }
    }

    [Fact]
    public void Keep_a_bundle_from_opening()
    {
        using var folder = new TemporaryFolder();
        TinyBundle.Write(folder["tiny"]);
        string cell = Path.Combine(folder["tiny"], "cell.onnx");
        string hash = Sha256(cell);
        File.WriteAllBytes(cell, [.. File.ReadAllBytes(cell), .. Nested([7, 5], s_external)]);
        string manifest = Path.Combine(folder["tiny"], "manifest.json");
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace(hash, Sha256(cell), StringComparison.Ordinal));

        BundleException refusal = Assert.Throws<BundleException>(() => ModelBundle.Open(folder["tiny"], new ExecutionOptions()));

        Assert.Contains(refusal.Faults, fault => fault.StartsWith("cell.onnx keeps tensors in other files, which no hash covers", StringComparison.Ordinal));
    }

    private static string Sha256(string file) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)));

    private static byte[] Nested(int[] path, byte[] content)
    {
        foreach (int field in path.Reverse())
        {
            content = [.. Varint((field << 3) | 2), .. Varint(content.Length), .. content];
        }

        return content;

        static byte[] Varint(int number) => number < 0x80 ? [(byte)number] : [(byte)(number | 0x80), (byte)(number >> 7)];
    }
}
