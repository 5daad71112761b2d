using Deq.Build;
using Deq.Export.Specs.Fixtures;

namespace Deq.Export.Specs.Build;

public sealed class OlderLibstdcxxSpecs
{
    [Fact]
    public void Lets_tensors_be_computed_on_this_machine()
    {
        using TorchSharp.torch.Tensor numbers = TorchSharp.torch.tensor([1f, 2f, 3.5f]);

        using TorchSharp.torch.Tensor sum = numbers.sum();

        Assert.Equal(6.5f, sum.item<float>());
    }

    [Fact]
    public void Marks_the_version_weak_and_points_the_one_import_at_the_harmless_function()
    {
        byte[] library = SyntheticLibrary.Needing([OlderLibstdcxx.StreamInitialiser], OlderLibstdcxx.HarmlessFunction);

        bool isMended = OlderLibstdcxx.Mend(library, out string explanation);

        Assert.True(isMended, explanation);
        ElfFile elf = new(library);
        ElfSection symbols = elf.Find(ElfSection.DynamicSymbols)!;
        ElfSection versions = elf.Find(ElfSection.SymbolVersions)!;
        Assert.Equal(0x2, elf.U16(elf.FindRequirement(OlderLibstdcxx.Version) + 4));
        Assert.Equal(-1, elf.FindSymbol(symbols, OlderLibstdcxx.StreamInitialiser));
        Assert.Equal([OlderLibstdcxx.HarmlessFunction, OlderLibstdcxx.HarmlessFunction], [elf.SymbolName(symbols, 1), elf.SymbolName(symbols, 2)]);
        Assert.Equal(elf.U16(versions.Offset + 4), elf.U16(versions.Offset + 2));
    }

    [Fact]
    public void Changes_nothing_the_second_time()
    {
        byte[] library = SyntheticLibrary.Needing([OlderLibstdcxx.StreamInitialiser], OlderLibstdcxx.HarmlessFunction);
        OlderLibstdcxx.Mend(library, out _);
        byte[] mended = [.. library];

        bool isMendedAgain = OlderLibstdcxx.Mend(library, out string explanation);

        Assert.False(isMendedAgain);
        Assert.Equal("mended before.", explanation);
        Assert.Equal(mended, library);
    }

    [Theory]
    [InlineData(new string[0], OlderLibstdcxx.HarmlessFunction, "needs more")]
    [InlineData(new[] { "_ZSt5other" }, OlderLibstdcxx.HarmlessFunction, "needs more")]
    [InlineData(new[] { OlderLibstdcxx.StreamInitialiser, "_ZSt5other" }, OlderLibstdcxx.HarmlessFunction, "needs more")]
    [InlineData(new[] { OlderLibstdcxx.StreamInitialiser }, "_ZN3c105otherEv", "does not import")]
    public void Leaves_a_library_alone_that_needs_something_else(string[] needed, string other, string expected)
    {
        byte[] library = SyntheticLibrary.Needing(needed, other);
        byte[] original = [.. library];

        bool isMended = OlderLibstdcxx.Mend(library, out string explanation);

        Assert.False(isMended);
        Assert.Contains(expected, explanation, StringComparison.Ordinal);
        Assert.Equal(original, library);
    }

    [Fact]
    public void Leaves_a_library_alone_that_does_not_require_the_version()
    {
        byte[] library = SyntheticLibrary.Needing([OlderLibstdcxx.StreamInitialiser], OlderLibstdcxx.HarmlessFunction, version: "GLIBCXX_3.4.21");

        bool isMended = OlderLibstdcxx.Mend(library, out string explanation);

        Assert.False(isMended);
        Assert.Contains("does not require", explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void Leaves_a_file_alone_that_is_no_library()
    {
        byte[] text = [.. Enumerable.Repeat((byte)'x', 100)];

        bool isMended = OlderLibstdcxx.Mend(text, out string explanation);

        Assert.False(isMended);
        Assert.Contains("not a 64-bit little-endian ELF file", explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void Ends_in_an_answer_or_an_exception_about_the_file_whatever_is_damaged() =>
        DamagedLibraries.EndInAnAnswerOrAnException(SyntheticLibrary.Needing([OlderLibstdcxx.StreamInitialiser], OlderLibstdcxx.HarmlessFunction), OlderLibstdcxx.Mend);

    [Fact]
    public void Breaks_the_link_to_the_packages_own_file_and_keeps_the_time_stamp()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The step runs on Linux only.");
        using TemporaryFolder folder = new();
        byte[] original = SyntheticLibrary.Needing([OlderLibstdcxx.StreamInitialiser], OlderLibstdcxx.HarmlessFunction);
        string package = folder.Write("package.so", original);
        string output = folder.File("output.so");
        File.SetLastWriteTimeUtc(package, new DateTime(2020, 2, 3, 4, 5, 6, DateTimeKind.Utc));
        Link(package, output);
        string system = folder.Write("libstdc++.so.6", "GLIBCXX_3.4.30\0"u8.ToArray());

        string explanation = OlderLibstdcxx.MendFile(output, system);

        Assert.Contains("mended", explanation, StringComparison.Ordinal);
        Assert.NotEqual(original, File.ReadAllBytes(output));
        Assert.Equal(original, File.ReadAllBytes(package));
        Assert.Equal(File.GetLastWriteTimeUtc(package), File.GetLastWriteTimeUtc(output));
        Assert.Equal(3, Directory.GetFiles(folder.Path).Length);
    }

    [Theory]
    [InlineData("GLIBCXX_3.4.32\0", true)]
    [InlineData("GLIBCXX_3.4.31\0GLIBCXX_3.4.32\0GLIBCXX_3.4.33\0", true)]
    [InlineData("GLIBCXX_3.4.31\0GLIBCXX_3.4.3\0", false)]
    [InlineData("GLIBCXX_3.4.32", false)]
    [InlineData("GLIBCXX_3.4.320\0", false)]
    public void Happens_only_where_the_system_lacks_the_version(string systemVersions, bool isLeftAlone)
    {
        using TemporaryFolder folder = new();
        byte[] original = SyntheticLibrary.Needing([OlderLibstdcxx.StreamInitialiser], OlderLibstdcxx.HarmlessFunction);
        string output = folder.Write("output.so", original);
        string system = folder.Write("libstdc++.so.6", System.Text.Encoding.ASCII.GetBytes(systemVersions));

        string explanation = OlderLibstdcxx.MendFile(output, system);

        Assert.Equal(isLeftAlone, explanation.Contains("provides", StringComparison.Ordinal));
        Assert.Equal(isLeftAlone, original.SequenceEqual(File.ReadAllBytes(output)));
    }

    [Fact]
    public void Finds_the_systems_library_where_there_is_one()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The step runs on Linux only.");

        string? system = OlderLibstdcxx.SystemLibrary();

        Assert.NotNull(system);
        Assert.True(File.Exists(system));
    }

    private static void Link(string existing, string link)
    {
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start("ln", [existing, link]);
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(5)), "ln did not end within five minutes.");
        Assert.Equal(0, process.ExitCode);
    }
}
