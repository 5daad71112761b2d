// Compiled twice: by the build itself, as an inline task for .NET Standard 2.0 (see Directory.Build.targets), and into the specs.
#nullable enable
#if !NET
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
#endif
using System.Text;

namespace Deq.Build;

/// <summary>Lets a library that was linked against GCC 13's libstdc++ load where libstdc++ is older (Debian 12, Ubuntu 22.04).</summary>
/// <remarks>
/// GCC 13 makes every object that includes &lt;iostream&gt; call one empty function, which exists only so that the linker pulls in the
/// initialisation of the standard streams. It is the only symbol of GLIBCXX_3.4.32 that TorchSharp's library imports, and every shared
/// libstdc++ initialises its streams by itself when it is loaded. So the version requirement is marked weak, which the loader accepts
/// when the version is absent, and the import is pointed at another function without arguments that the library imports anyway.
/// Layout: System V gABI chapter 4 (ELF), LSB Core 5.0 section 10.7 (symbol versions).
/// </remarks>
internal static class OlderLibstdcxx
{
    /// <summary>The version that libstdc++ has since GCC 13.</summary>
    public const string Version = "GLIBCXX_3.4.32";

    /// <summary>The one symbol of that version.</summary>
    public const string StreamInitialiser = "_ZSt21ios_base_library_initv";

    /// <summary>c10::get_default_dtype(): no arguments, reads one global.</summary>
    public const string HarmlessFunction = "_ZN3c1017get_default_dtypeEv";

    private const ushort WeakRequirement = 0x2;

    /// <summary>Where libstdc++ is looked for when this process has not loaded it.</summary>
    private static readonly string[] LibraryFolders =
        ["/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib"];

    /// <summary>The libstdc++ that the loader gave to this process, or else would find; null when there is none.</summary>
    public static string? SystemLibrary()
    {
        const string maps = "/proc/self/maps";
        IEnumerable<string> loaded = File.Exists(maps)
            ? File.ReadLines(maps).Where(line => line.Contains("/libstdc++.so.6")).Select(line => line.Substring(line.IndexOf('/')))
            : [];
        return loaded.Concat(LibraryFolders.Select(folder => folder + "/libstdc++.so.6")).FirstOrDefault(File.Exists);
    }

    /// <summary>Mends the library in place when the system needs it. The mended file is a new one, linked to no other.</summary>
    /// <param name="path">The copy in an output folder. Its time stamp is kept, so that an incremental build sees it as unchanged.</param>
    /// <param name="systemLibrary">The libstdc++ that the loader uses.</param>
    /// <returns>What was done and why, for the build log.</returns>
    /// <exception cref="InvalidDataException">The file is a library, but damaged.</exception>
    public static string MendFile(string path, string systemLibrary)
    {
        if (Encoding.ASCII.GetString(File.ReadAllBytes(systemLibrary)).Contains(Version + '\0'))
        {
            return $"{path}: left alone, since {systemLibrary} provides {Version}.";
        }

        return ElfFile.Mend(path, Mend);
    }

    /// <summary>Makes the change in memory.</summary>
    /// <param name="library">The whole file; changed only when the answer is true.</param>
    /// <param name="explanation">What was done and why, one clause.</param>
    /// <returns>Whether anything was changed.</returns>
    /// <exception cref="InvalidDataException">The file is a library, but damaged.</exception>
    public static bool Mend(byte[] library, out string explanation)
    {
        if (!ElfFile.IsElf(library))
        {
            explanation = "left alone, since it is not a 64-bit little-endian ELF file.";
            return false;
        }

        ElfFile elf = new(library);
        ElfSection? symbols = elf.Find(ElfSection.DynamicSymbols);
        ElfSection? versions = elf.Find(ElfSection.SymbolVersions);
        int requirement = elf.FindRequirement(Version);
        if (symbols is null || versions is null || requirement < 0)
        {
            explanation = $"left alone, since it does not require {Version}.";
            return false;
        }

        if ((elf.U16(requirement + 4) & WeakRequirement) != 0)
        {
            explanation = "mended before.";
            return false;
        }

        int versionIndex = elf.U16(requirement + 6);
        List<int> needing = [.. ElfFile.Indices(symbols).Where(symbol => elf.U16(versions.Offset + (2 * symbol)) == versionIndex)];
        int harmless = elf.FindSymbol(symbols, HarmlessFunction);
        if (needing.Count != 1 || elf.SymbolName(symbols, needing[0]) != StreamInitialiser || harmless < 0)
        {
            explanation = $"left alone, since it needs more of {Version} than {StreamInitialiser}, or does not import {HarmlessFunction}.";
            return false;
        }

        elf.Write16(requirement + 4, (ushort)(elf.U16(requirement + 4) | WeakRequirement));
        elf.Write32(ElfFile.Symbol(symbols, needing[0]), elf.U32(ElfFile.Symbol(symbols, harmless)));
        elf.Write16(versions.Offset + (2 * needing[0]), elf.U16(versions.Offset + (2 * harmless)));
        explanation = $"mended: it loads without {Version} now.";
        return true;
    }
}

/// <summary>Lets a library load where only the libraries of the compiler and of the C library are: without the windows it could open.</summary>
/// <remarks>
/// OpenCV's functions on windows call GTK, and its reader of video asks libdrm; a machine without a desktop has neither, and this program calls neither.
/// The libraries of GCC and of glibc give their symbols versions, the graphical ones do not. So a library of which no versioned symbol is needed is no longer
/// asked for, and imports without a version become weak: they are null where nothing provides them, and as before where something does.
/// Layout: System V gABI chapters 4 and 5 (ELF, dynamic linking), LSB Core 5.0 section 10.7 (symbol versions).
/// </remarks>
internal static class WindowlessLibrary
{
    /// <summary>The first tag that is free for systems; no loader knows it, and loaders pass over what they do not know.</summary>
    public const uint IgnoredTag = 0x6000000D;

    /// <summary>The tag of a library that is asked for.</summary>
    public const uint NeededTag = 1;

    private const int EntrySize = 16;

    /// <summary>Mends the library in place. The mended file is a new one, linked to no other.</summary>
    /// <param name="path">The copy in an output folder. Its time stamp is kept, so that an incremental build sees it as unchanged.</param>
    /// <returns>What was done and why, for the build log.</returns>
    /// <exception cref="InvalidDataException">The file is a library, but damaged.</exception>
    public static string MendFile(string path) => ElfFile.Mend(path, Mend);

    /// <summary>Makes the change in memory.</summary>
    /// <param name="library">The whole file; changed only when the answer is true.</param>
    /// <param name="explanation">What was done and why, one clause.</param>
    /// <returns>Whether anything was changed.</returns>
    /// <exception cref="InvalidDataException">The file is a library, but damaged.</exception>
    public static bool Mend(byte[] library, out string explanation)
    {
        if (!ElfFile.IsElf(library))
        {
            explanation = "left alone, since it is not a 64-bit little-endian ELF file.";
            return false;
        }

        ElfFile elf = new(library);
        ElfSection? dynamic = elf.Find(ElfSection.Dynamic);
        ElfSection? symbols = elf.Find(ElfSection.DynamicSymbols);
        ElfSection? versions = elf.Find(ElfSection.SymbolVersions);
        if (dynamic is null || symbols is null || versions is null)
        {
            explanation = "left alone, since its imports have no versions.";
            return false;
        }

        HashSet<string> versioned = [.. elf.Requirements().Select(requirement => requirement.Library)];
        List<int> unneeded = [.. Enumerable.Range(0, dynamic.Size / EntrySize)
            .Select(entry => dynamic.Offset + (EntrySize * entry))
            .Where(entry => elf.U32(entry) == NeededTag && elf.U32(entry + 4) == 0 && !versioned.Contains(elf.Text(dynamic, elf.U32(entry + 8))))];
        List<int> imports = [.. ElfFile.Indices(symbols).Skip(1).Where(symbol => IsPlainImport(elf, symbols, versions, symbol))];
        if (unneeded.Count == 0)
        {
            explanation = "left alone, since it asks for no library without versions.";
            return false;
        }

        string names = string.Join(", ", unneeded.Select(entry => elf.Text(dynamic, elf.U32(entry + 8))));
        unneeded.ForEach(entry => elf.Write32(entry, IgnoredTag));
        imports.ForEach(symbol => elf.MakeWeak(symbols, symbol));
        explanation = $"mended: it loads without {names} now.";
        return true;
    }

    /// <summary>Whether a symbol is undefined, global and without a version.</summary>
    private static bool IsPlainImport(ElfFile elf, ElfSection symbols, ElfSection versions, int symbol)
    {
        int at = ElfFile.Symbol(symbols, symbol);
        return elf.U16(at + 6) == 0 && (elf.U16(at + 4) & 0xF0) == 0x10 && (elf.U16(versions.Offset + (2 * symbol)) & 0x7FFF) <= 1;
    }
}

/// <summary>One section of an ELF file; offset and size in bytes.</summary>
internal sealed class ElfSection(uint type, int offset, int size, int link)
{
    public const uint Dynamic = 6;
    public const uint DynamicSymbols = 11;
    public const uint SymbolVersions = 0x6fffffff;
    public const uint VersionRequirements = 0x6ffffffe;

    public uint Type { get; } = type;

    public int Offset { get; } = offset;

    public int Size { get; } = size;

    /// <summary>The section that holds this one's strings.</summary>
    public int Link { get; } = link;
}

/// <summary>The parts of a 64-bit little-endian ELF file that imports need. Every read is checked against the file's length.</summary>
internal sealed class ElfFile
{
    private const int SymbolSize = 24;

    private readonly byte[] _file;
    private readonly List<ElfSection> _sections = [];

    public ElfFile(byte[] file)
    {
        _file = file;
        int headers = Position(0x28);
        int headerSize = U16(0x3A);
        for (int index = 0; index < U16(0x3C); index++)
        {
            int header = headers + (index * headerSize);
            _sections.Add(new ElfSection(U32(header + 4), Position(header + 0x18), Position(header + 0x20), (int)U32(header + 0x28)));
        }
    }

    public static bool IsElf(byte[] file) =>
        file.Length >= 64 && file[0] == 0x7F && file[1] == 'E' && file[2] == 'L' && file[3] == 'F' && file[4] == 2 && file[5] == 1;

    public ElfSection? Find(uint type) => _sections.Find(section => section.Type == type);

    public static IEnumerable<int> Indices(ElfSection symbols) => Enumerable.Range(0, symbols.Size / SymbolSize);

    /// <summary>The position of a symbol's record.</summary>
    public static int Symbol(ElfSection symbols, int symbol) => symbols.Offset + (SymbolSize * symbol);

    public int FindSymbol(ElfSection symbols, string name) =>
        Indices(symbols).Where(symbol => SymbolName(symbols, symbol) == name).DefaultIfEmpty(-1).First();

    public string SymbolName(ElfSection symbols, int symbol) => Text(symbols, U32(Symbol(symbols, symbol)));

    /// <summary>The position of the vernaux record that requires this version of some library; −1 when none does.</summary>
    public int FindRequirement(string version) =>
        Requirements().Where(requirement => requirement.Version == version).Select(requirement => requirement.Position).DefaultIfEmpty(-1).First();

    /// <summary>Every version that is required of a library, and the position of its vernaux record.</summary>
    public IEnumerable<(string Library, string Version, int Position)> Requirements()
    {
        ElfSection? section = Find(ElfSection.VersionRequirements);
        int library = section?.Offset ?? 0;
        for (int next = -1, steps = 0; section is not null && next != 0 && steps < section.Size; steps++)
        {
            string name = Text(section, U32(library + 4));
            int requirement = library + (int)U32(library + 8);
            for (int left = U16(library + 2); left > 0; left--)
            {
                yield return (name, Text(section, U32(requirement + 8)), requirement);
                requirement += (int)U32(requirement + 12);
            }

            next = (int)U32(library + 12);
            library += next;
        }
    }

    /// <summary>Makes a global symbol weak, whatever its type.</summary>
    public void MakeWeak(ElfSection symbols, int symbol)
    {
        int information = Checked(Symbol(symbols, symbol) + 4L, 1);
        _file[information] = (byte)(0x20 | (_file[information] & 0xF));
    }

    /// <summary>Changes a library in memory, or says why not.</summary>
    public delegate bool Mender(byte[] library, out string explanation);

    /// <summary>Puts what a mender has changed in the place of a file, with its time stamp; what was linked to the file stays as it is.</summary>
    /// <returns>What was done and why, for the build log.</returns>
    public static string Mend(string path, Mender mender)
    {
        byte[] library = File.ReadAllBytes(path);
        if (mender(library, out string explanation))
        {
            string fresh = path + ".mended";
            File.WriteAllBytes(fresh, library);
            File.SetLastWriteTimeUtc(fresh, File.GetLastWriteTimeUtc(path));
            File.Replace(fresh, path, null);
        }

        return $"{path}: {explanation}";
    }

    public ushort U16(int offset) => BitConverter.ToUInt16(_file, Checked(offset, 2));

    public uint U32(int offset) => BitConverter.ToUInt32(_file, Checked(offset, 4));

    public void Write16(int offset, ushort value) => BitConverter.GetBytes(value).CopyTo(_file, Checked(offset, 2));

    public void Write32(int offset, uint value) => BitConverter.GetBytes(value).CopyTo(_file, Checked(offset, 4));

    /// <summary>A 64-bit position or size; anything beyond 2 GiB counts as damage.</summary>
    private int Position(int offset) => U32(offset + 4) == 0 && U32(offset) <= int.MaxValue
        ? (int)U32(offset)
        : throw new InvalidDataException($"The ELF file names a position beyond its end, at byte {offset}.");

    /// <summary>A string that a section refers to.</summary>
    public string Text(ElfSection user, uint offset)
    {
        if (user.Link < 0 || user.Link >= _sections.Count)
        {
            throw new InvalidDataException("An ELF section names strings that are not there.");
        }

        int start = Checked(_sections[user.Link].Offset + (long)offset, 1);
        int end = Array.IndexOf(_file, (byte)0, start);
        return Encoding.ASCII.GetString(_file, start, (end < 0 ? _file.Length : end) - start);
    }

    private int Checked(long offset, int size) => offset >= 0 && offset + size <= _file.Length
        ? (int)offset
        : throw new InvalidDataException($"The ELF file ends at byte {_file.Length}, before byte {offset + size}.");
}

#if !NET
/// <summary>The step of the build.</summary>
public sealed class MendLibraries : Microsoft.Build.Utilities.Task
{
    /// <summary>Copies of TorchSharp's library.</summary>
    public Microsoft.Build.Framework.ITaskItem[] TorchSharp { get; set; } = [];

    /// <summary>Copies of OpenCV's library.</summary>
    public Microsoft.Build.Framework.ITaskItem[] OpenCv { get; set; } = [];

    public override bool Execute()
    {
        IEnumerable<string> mended = OpenCv.Select(library => WindowlessLibrary.MendFile(library.ItemSpec));
        if (OlderLibstdcxx.SystemLibrary() is { } system)
        {
            mended = mended.Concat(TorchSharp.Select(library => OlderLibstdcxx.MendFile(library.ItemSpec, system)));
        }

        foreach (string line in mended)
        {
            Log.LogMessage(Microsoft.Build.Framework.MessageImportance.Normal, "{0}", line);
        }

        return true;
    }
}
#endif
