using System.Text;

namespace Deq.Export.Specs.Build;

/// <summary>Writes the parts of a shared library that imports need, and nothing else.</summary>
internal static class SyntheticLibrary
{
    private const ushort RequiredVersion = 5;

    /// <summary>A library that imports the needed symbols of a version of libstdc++ and another symbol without a version.</summary>
    public static byte[] Needing(string[] needed, string other, string version = "GLIBCXX_3.4.32")
    {
        MemoryStream strings = new();
        strings.WriteByte(0);
        int library = Name(strings, "libstdc++.so.6");
        int versionName = Name(strings, version);
        string[] symbols = [.. needed, other];
        int[] names = [.. symbols.Select(symbol => Name(strings, symbol))];

        byte[] symbolTable = Bytes(writer =>
        {
            writer.Write(new byte[24]);
            foreach (int name in names)
            {
                writer.Write(name);
                writer.Write(new byte[20]);
            }
        });
        byte[] versions = Bytes(writer =>
        {
            writer.Write((ushort)0);
            Array.ForEach(needed, _ => writer.Write(RequiredVersion));
            writer.Write((ushort)1);
        });
        byte[] requirements = Requirement(library, versionName);
        return Assemble([(11, symbolTable), (3, strings.ToArray()), (0x6fffffff, versions), (0x6ffffffe, requirements)]);
    }

    /// <summary>
    /// A library that asks for libc.so.6 and these others, imports a versioned function of libc.so.6 and a plain one, and defines one: symbols 1, 2, 3.
    /// </summary>
    public static byte[] AskingFor(params string[] others)
    {
        MemoryStream strings = new();
        strings.WriteByte(0);
        int library = Name(strings, "libc.so.6");
        int[] asked = [library, .. others.Select(other => Name(strings, other))];
        int version = Name(strings, "GLIBC_2.2.5");
        int[] symbols = [Name(strings, "malloc"), Name(strings, "gtk_init"), Name(strings, "own")];

        byte[] dynamic = Bytes(writer =>
        {
            Array.ForEach(asked, name =>
            {
                writer.Write(1L);
                writer.Write((long)name);
            });
            writer.Write(new byte[16]);
        });
        byte[] symbolTable = Bytes(writer =>
        {
            writer.Write(new byte[24]);
            for (int i = 0; i < symbols.Length; i++)
            {
                // Name, global function, visibility, the section that defines it.
                writer.Write(symbols[i]);
                writer.Write((byte)0x12);
                writer.Write((byte)0);
                writer.Write((ushort)(i == 2 ? 7 : 0));
                writer.Write(new byte[16]);
            }
        });
        byte[] versions = Bytes(writer => Array.ForEach(new ushort[] { 0, RequiredVersion, 1, 1 }, writer.Write));
        byte[] requirements = Requirement(library, version);
        return Assemble([(11, symbolTable), (3, strings.ToArray()), (0x6fffffff, versions), (0x6ffffffe, requirements), (6, dynamic)]);
    }

    private static byte[] Requirement(int library, int version) => Bytes(writer =>
    {
        // Verneed: version 1, one entry, the library's name, the entry's offset, no further library.
        writer.Write((ushort)1);
        writer.Write((ushort)1);
        writer.Write(library);
        writer.Write(16);
        writer.Write(0);

        // Vernaux: hash, flags, index, the version's name, no further entry.
        writer.Write(0);
        writer.Write((ushort)0);
        writer.Write(RequiredVersion);
        writer.Write(version);
        writer.Write(0);
    });

    /// <summary>The file's header, the sections' contents and their headers; every section takes its strings from the second.</summary>
    private static byte[] Assemble((uint Type, byte[] Content)[] sections) => Bytes(writer =>
    {
        int end = 64 + sections.Sum(section => section.Content.Length);
        writer.Write([0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1]);
        writer.Write(new byte[0x28 - 7]);
        writer.Write((long)end);
        writer.Write(new byte[0x3A - 0x30]);
        writer.Write((ushort)64);
        writer.Write((ushort)sections.Length);
        writer.Write((ushort)0);
        Array.ForEach(sections, section => writer.Write(section.Content));

        long offset = 64;
        foreach ((uint type, byte[] content) in sections)
        {
            writer.Write(0);
            writer.Write(type);
            writer.Write(new byte[16]);
            writer.Write(offset);
            writer.Write((long)content.Length);
            writer.Write(1);
            writer.Write(new byte[20]);
            offset += content.Length;
        }
    });

    private static int Name(MemoryStream strings, string name)
    {
        int at = (int)strings.Length;
        strings.Write(Encoding.ASCII.GetBytes(name + "\0"));
        return at;
    }

    private static byte[] Bytes(Action<BinaryWriter> write)
    {
        MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        write(writer);
        writer.Flush();
        return stream.ToArray();
    }
}
