using Deq.Build;

namespace Deq.Export.Specs.Build;

public sealed class WindowlessLibrarySpecs
{
    private static readonly string[] Graphical = ["libgtk-3.so.0", "libgdk-3.so.0"];

    [Fact]
    public void Stops_asking_for_libraries_without_versions_and_keeps_the_others()
    {
        byte[] library = SyntheticLibrary.AskingFor(Graphical);

        bool isMended = WindowlessLibrary.Mend(library, out string explanation);

        Assert.True(isMended, explanation);
        Assert.Contains("without libgtk-3.so.0, libgdk-3.so.0", explanation, StringComparison.Ordinal);
        Assert.Equal(["libc.so.6"], Asked(library));
    }

    [Fact]
    public void Makes_plain_imports_weak_and_no_other_symbol()
    {
        byte[] library = SyntheticLibrary.AskingFor(Graphical);

        WindowlessLibrary.Mend(library, out _);

        ElfFile elf = new(library);
        ElfSection symbols = elf.Find(ElfSection.DynamicSymbols)!;
        Assert.Equal([0x12, 0x22, 0x12], Enumerable.Range(1, 3).Select(symbol => elf.U16(symbols.Offset + (24 * symbol) + 4) & 0xFF));
        Assert.Equal("gtk_init", elf.SymbolName(symbols, 2));
    }

    [Fact]
    public void Changes_nothing_the_second_time()
    {
        byte[] library = SyntheticLibrary.AskingFor(Graphical);
        WindowlessLibrary.Mend(library, out _);
        byte[] mended = [.. library];

        Assert.False(WindowlessLibrary.Mend(library, out _));
        Assert.Equal(mended, library);
    }

    [Fact]
    public void Leaves_a_library_alone_that_asks_for_libraries_with_versions_only()
    {
        byte[] library = SyntheticLibrary.AskingFor();
        byte[] original = [.. library];

        bool isMended = WindowlessLibrary.Mend(library, out string explanation);

        Assert.False(isMended);
        Assert.Contains("no library without versions", explanation, StringComparison.Ordinal);
        Assert.Equal(original, library);
    }

    [Fact]
    public void Ends_in_an_answer_or_an_exception_about_the_file_whatever_is_damaged() =>
        DamagedLibraries.EndInAnAnswerOrAnException(SyntheticLibrary.AskingFor(Graphical), WindowlessLibrary.Mend);

    [Fact]
    public void Has_left_the_library_of_this_build_only_what_a_machine_without_a_desktop_has()
    {
        string native = Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", "libOpenCvSharpExtern.so");
        Assert.SkipUnless(File.Exists(native), "OpenCV's library is referenced on Linux only.");

        Assert.All(Asked(File.ReadAllBytes(native)), name => Assert.Matches("^(lib(c|m|dl|pthread|rt|gcc_s|stdc\\+\\+)|ld-linux-x86-64)\\.so", name));
    }

    private static string[] Asked(byte[] library)
    {
        ElfFile elf = new(library);
        ElfSection dynamic = elf.Find(ElfSection.Dynamic)!;
        return [.. Enumerable.Range(0, dynamic.Size / 16)
            .Select(entry => dynamic.Offset + (16 * entry))
            .Where(entry => elf.U32(entry) == WindowlessLibrary.NeededTag)
            .Select(entry => elf.Text(dynamic, elf.U32(entry + 8)))];
    }
}
