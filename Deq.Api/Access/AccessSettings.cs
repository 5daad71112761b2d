using Deq.Api.Settings;

namespace Deq.Api.Access;

/// <summary>Who may come in; section <c>Access</c> of the settings. Nothing set: everyone.</summary>
internal sealed record AccessSettings
{
    private const string KeysSection = "Access:Keys";

    public static SettingsSection Section { get; } = SettingsSection.Of((_, reader) => Read(reader), "Access");

    /// <summary>Keys in the settings themselves.</summary>
    public required IReadOnlyList<AccessKey> Keys { get; init; }

    /// <summary>A file with further keys, read again when it changes; null: none.</summary>
    public required string? KeysFile { get; init; }

    /// <summary>Which tokens are taken; null: none.</summary>
    public required TokenSettings? Tokens { get; init; }

    /// <summary>Wrong keys of one network that are answered before it must wait; one more every few seconds.</summary>
    public required int Guesses { get; init; }

    /// <summary>Whether clients must show who they are.</summary>
    public bool IsOn => Keys.Count > 0 || KeysFile is not null || Tokens is not null;

    /// <summary>Why a file of keys keeps the server from starting.</summary>
    /// <param name="file">As the settings name it.</param>
    /// <param name="reason">A clause.</param>
    public static string FaultOfFile(string file, string reason) => $"Access:KeysFile is '{file}', which cannot be read: {reason}.";

    private static AccessSettings Read(SettingsReader reader)
    {
        var settings = new AccessSettings
        {
            Keys = [.. reader.Children(KeysSection).Select(name => ReadKey(name, reader))],
            KeysFile = reader.Text("Access:KeysFile"),
            Tokens = TokenSettings.Read(reader),
            Guesses = reader.Integer("Access:Guesses", 20, 1, 1_000_000),
        };
        if (settings.KeysFile is { } file)
        {
            try
            {
                // What is read counts when the server has started; here it is only looked at, with the faults of everything else.
                KeyFile.Read(file, settings.Keys);
            }
            catch (InvalidDataException fault)
            {
                reader.Contradict(FaultOfFile(file, fault.Message));
            }
        }

        return settings;
    }

    private static AccessKey ReadKey(string name, SettingsReader reader)
    {
        string key = $"{KeysSection}:{name}";
        string? hash = reader.Text($"{key}:Sha256");
        if (AccessKey.ReadHash(hash) is null)
        {
            reader.Contradict($"Setting {key}:Sha256 is '{hash}'; it must be the SHA-256 of a key, 64 hexadecimal digits.");
        }

        return new AccessKey(
            name, AccessKey.ReadHash(hash) ?? [], ReadRoles($"{key}:Roles", "infer", reader),
            reader.Integer($"{key}:Weight", Caller.DefaultWeight, 1, AccessKey.MostWeight), KeyQuota.Read(key, reader));
    }

    private static Roles ReadRoles(string key, string fallback, SettingsReader reader)
    {
        string text = reader.Text(key) ?? fallback;
        (Roles roles, IReadOnlyList<string> unknown) = RoleNames.Read(text);
        if (unknown.Count > 0 || roles == Roles.None)
        {
            reader.Contradict($"Setting {key} is '{text}'; it must list some of infer, observe, manage.");
        }

        return roles;
    }
}

/// <summary>Which JSON Web Tokens are taken.</summary>
internal sealed record TokenSettings
{
    /// <summary>Who must have issued them.</summary>
    public required string Issuer { get; init; }

    /// <summary>For whom they must be.</summary>
    public required string Audience { get; init; }

    /// <summary>Where the issuer publishes its keys (OpenID Connect); null: <see cref="KeysFile"/> has them.</summary>
    public required string? Authority { get; init; }

    /// <summary>A file with the issuer's public keys: a JSON Web Key Set, or one key as PEM; null: <see cref="Authority"/> has them.</summary>
    public required string? KeysFile { get; init; }

    /// <summary>The claim that lists roles.</summary>
    public required string RolesClaim { get; init; }

    /// <summary>The claim that tells clients apart.</summary>
    public required string NameClaim { get; init; }

    /// <summary>The share of each client beside one of weight 1.</summary>
    public required int Weight { get; init; }

    /// <summary>What each client may take.</summary>
    public required KeyQuota Quota { get; init; }

    public static TokenSettings? Read(SettingsReader reader)
    {
        (string? issuer, string? audience) = (reader.Text("Access:Jwt:Issuer"), reader.Text("Access:Jwt:Audience"));
        var tokens = new TokenSettings
        {
            Issuer = issuer ?? "",
            Audience = audience ?? "",
            Authority = reader.Text("Access:Jwt:Authority"),
            KeysFile = reader.Text("Access:Jwt:KeysFile"),
            RolesClaim = reader.Text("Access:Jwt:RolesClaim") ?? "roles",
            NameClaim = reader.Text("Access:Jwt:NameClaim") ?? "sub",
            Weight = reader.Integer("Access:Jwt:Weight", Caller.DefaultWeight, 1, AccessKey.MostWeight),
            Quota = KeyQuota.Read("Access:Jwt", reader),
        };
        string[] all = [nameof(Issuer), nameof(Audience), nameof(Authority), nameof(KeysFile), nameof(RolesClaim), nameof(NameClaim), nameof(Weight), .. KeyQuota.Names];
        if (all.All(name => reader.Text($"Access:Jwt:{name}") is null))
        {
            return null;
        }

        if (issuer is null || audience is null || (tokens.Authority is null) == (tokens.KeysFile is null))
        {
            reader.Contradict("Access:Jwt needs Issuer, Audience, and one of Authority and KeysFile.");
        }

        if (tokens.Authority is { } authority && !IsSafe(authority))
        {
            // Not shown: it can hold a secret.
            reader.Contradict("Setting Access:Jwt:Authority must be an https address without user, query and fragment (http on the loopback address alone).");
        }

        tokens.LookAtKeys(reader);
        return tokens;
    }

    /// <summary>Notes what is wrong with the file of keys: they are read when the first token comes to be checked, and that would end the start one fault at a time.</summary>
    private void LookAtKeys(SettingsReader reader)
    {
        if (KeysFile is { } file)
        {
            try
            {
                Tokens.KeysOf(file);
            }
            catch (StartupException fault)
            {
                reader.Contradict(fault.Message);
            }
        }
    }

    private static bool IsSafe(string text) => Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && SafeAddress.Is(address) && address.Query.Length == 0;
}
